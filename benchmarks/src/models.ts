import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOnnxFile } from '@trinetra/inference-runtime';

/** Paths of the models that every trial of a run takes. */
export interface ModelPaths {
  readonly detector: string;
  readonly face: string;
  readonly embedder: string;
}

/** Small models for generated scenes, which come with the project. */
export const demoModels: string = fileURLToPath(new URL('../../tools/demo-models/models', import.meta.url));

/** Finds one model for each step by its name; of several the first by the alphabet. */
export function findModels(folder: string): ModelPaths {
  const names = readdirSync(folder).toSorted();
  const pick = (...patterns: readonly RegExp[]): string => {
    const found = patterns.flatMap((pattern) => names.filter((name) => pattern.test(name)))[0];
    if (found !== undefined) return join(folder, found);
    throw new Error(`--models: expected a file like ${patterns.at(-1)?.source} in ${folder} but found none`);
  };
  return {
    detector: pick(/yolov8.*\.onnx$/i),
    face: pick(/yunet_batch\.onnx$/i, /(yunet|scrfd).*\.onnx$/i),
    embedder: pick(/(edgeface|arcface).*\.onnx$/i),
  };
}

/** Whether a detector takes pictures of any height and width. */
export async function hasOpenSides(detector: string): Promise<boolean> {
  const [input] = (await readOnnxFile(detector)).inputs;
  return input?.dims.slice(2).every((size) => typeof size !== 'number' || size <= 0) ?? false;
}

/** The models as the worker's environment names them. */
export function modelEnv(models: ModelPaths): Record<string, string> {
  return {
    YOLO_ENGINE_PATH: models.detector,
    FACE_MODEL_PATH: models.face,
    ARCFACE_ENGINE_PATH: models.embedder,
  };
}
