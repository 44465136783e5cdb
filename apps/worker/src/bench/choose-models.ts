import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../config.ts';
import type { SettingName } from '../settings.ts';

interface Wanted {
  readonly setting: SettingName;
  /** In the order of preference. */
  readonly patterns: readonly RegExp[];
  readonly example: string;
  readonly needed: boolean;
}

const wanted: readonly Wanted[] = [
  {
    setting: 'YOLO_ENGINE_PATH',
    patterns: [/yolo.*\.engine$/i, /yolo.*\.onnx$/i],
    example: 'yolov8m.onnx',
    needed: true,
  },
  {
    setting: 'ARCFACE_ENGINE_PATH',
    patterns: [/(arcface|edgeface).*\.engine$/i, /(arcface|edgeface).*\.onnx$/i],
    example: 'arcface_r50.onnx',
    needed: true,
  },
  {
    setting: 'FACE_MODEL_PATH',
    patterns: [/yunet.*batch.*\.onnx$/i, /(yunet|scrfd).*\.onnx$/i],
    example: 'yunet.onnx',
    needed: false,
  },
];

/**
 * Finds the models of a folder by their names and gives them as the worker's environment names them. Of several it takes the
 * first by the alphabet, engines before `.onnx`.
 *
 * @throws {ConfigError} which names each model that is not there.
 */
export function chooseModels(folder: string): Record<string, string> {
  let names: string[];
  try {
    names = readdirSync(folder).toSorted();
  } catch (error) {
    throw new ConfigError([
      `--models: expected a folder but ${folder} cannot be read (${String((error as NodeJS.ErrnoException).code)})`,
    ]);
  }
  const problems: string[] = [];
  const chosen: Record<string, string> = {};
  for (const { setting, patterns, example, needed } of wanted) {
    const found = patterns.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
    if (found !== undefined) chosen[setting] = join(folder, found);
    else if (needed) problems.push(`--models: expected a file like ${example} in ${folder} but found none`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return chosen;
}
