import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInputs } from './find-inputs.ts';
import { demoModels } from './options.ts';

let folder: string;
let options: { models: string; frames: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-inputs-'));
  options = { models: join(folder, 'models'), frames: join(folder, 'frames') };
  await mkdir(options.models);
  await mkdir(options.frames);
  for (const [name, model] of [
    ['best.onnx', 'demo-yolov8.onnx'],
    ['faces.onnx', 'demo-yunet.onnx'],
    ['w600k_r50.onnx', 'demo-arcface.onnx'],
  ] as const) {
    await copyFile(join(demoModels, model), join(options.models, name));
  }
  for (const name of ['a.jpg', 'b.PNG', 'notes.txt']) await writeFile(join(options.frames, name), '');
});
afterEach(() => rm(folder, { recursive: true }));

describe('findInputs', () => {
  it('finds the models and counts the pictures', async () => {
    expect(await findInputs(options)).toEqual({
      models: {
        detector: join(options.models, 'best.onnx'),
        face: join(options.models, 'faces.onnx'),
        embedder: join(options.models, 'w600k_r50.onnx'),
      },
      modelNotes: ['detector: best.onnx', 'face model: faces.onnx', 'embedder: w600k_r50.onnx'],
      pictures: 2,
    });
  });

  it('says which model is missing', async () => {
    await rm(join(options.models, 'faces.onnx'));
    await expect(findInputs(options)).rejects.toThrow(/^--models: /);
  });
});
