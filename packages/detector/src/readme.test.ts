import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { yolov8Head } from '../test/fake-model.ts';
import { tinyDetector } from '../test/tiny-onnx.ts';

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md: expected a ts example');
  const file = new URL(`../.readme-example-${process.pid}.ts`, import.meta.url);
  const model = new URL(`../.readme-example-${process.pid}.onnx`, import.meta.url);
  const head = yolov8Head([
    [
      [32, 32, 16, 32, 0.91],
      [33, 32, 16, 32, 0.8],
      [8, 32, 8, 8, 0.4],
    ],
  ]);
  await writeFile(file, code);
  await writeFile(model, tinyDetector(64, head.data as Float32Array, head.dims));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], {
      env: { ...process.env, MODEL: model.pathname },
    });
    // 16x32 px around the centre of a 64x64 input that holds 1920x1080 at 1/30.
    expect(stdout.trim()).toBe('person 0.91 [ 720, 60, 1200, 1020 ]');
  } finally {
    await rm(file);
    await rm(model);
  }
});
