import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../config.ts';
import { chooseModels } from './choose-models.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-choose-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (...names: string[]): Promise<unknown> =>
  Promise.all(names.map((name) => writeFile(join(folder, name), '')));

describe('chooseModels', () => {
  it('takes engines before ONNX files, and a face model with a batch before one without', async () => {
    await put('yolov8m.engine', 'yolov8m.onnx', 'arcface_r50.onnx', 'yunet.onnx', 'yunet_batch.onnx');
    expect(chooseModels(folder)).toEqual({
      YOLO_ENGINE_PATH: join(folder, 'yolov8m.engine'),
      ARCFACE_ENGINE_PATH: join(folder, 'arcface_r50.onnx'),
      FACE_MODEL_PATH: join(folder, 'yunet_batch.onnx'),
    });
  });

  it('does without a face model, and names all others that are missing', async () => {
    await put('notes.txt');
    expect(() => chooseModels(folder)).toThrow(/yolov8m\.onnx.*\n.*arcface_r50\.onnx/);
    await put('yolov8n.onnx', 'edgeface.onnx');
    expect(Object.keys(chooseModels(folder))).toEqual(['YOLO_ENGINE_PATH', 'ARCFACE_ENGINE_PATH']);
  });

  it('refuses what is no folder', () => {
    expect(() => chooseModels(join(folder, 'nowhere'))).toThrow(ConfigError);
  });
});
