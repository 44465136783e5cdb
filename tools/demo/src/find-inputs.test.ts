import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInputs } from './find-inputs.ts';
import { demoModels } from './options.ts';

let folder: string;
let options: { models: string; frames: string; output: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-inputs-'));
  options = { models: join(folder, 'models'), frames: join(folder, 'frames'), output: join(folder, 'x.png') };
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

  it.each([
    ['models', '/nowhere/at/all', /^--models: expected a folder but .* does not exist$/],
    ['frames', '/nowhere/at/all', /^--frames: expected a folder but .* does not exist$/],
    ['output', '/nowhere/at/all.png', /^--output: expected a folder but .* does not exist$/],
  ])('says that the folder of --%s is missing before anything is started', async (name, path, message) => {
    await expect(findInputs({ ...options, [name]: path })).rejects.toThrow(message);
  });

  it('wants at least one picture', async () => {
    await expect(findInputs({ ...options, frames: options.models })).rejects.toThrow(
      /^--frames: expected .jpg, .png or .webp files in /,
    );
  });
});
