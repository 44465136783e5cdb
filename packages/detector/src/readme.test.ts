import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { yolov8Head } from '../test/fake-model.ts';
import { tinyDetector } from '../test/tiny-onnx.ts';

it('runs the first example of the README', async () => {
  const MODEL = fileURLToPath(new URL(`../.readme-example-${process.pid}.onnx`, import.meta.url));
  const head = yolov8Head([
    [
      [32, 32, 16, 32, 0.91],
      [33, 32, 16, 32, 0.8],
      [8, 32, 8, 8, 0.4],
    ],
  ]);
  await writeFile(MODEL, tinyDetector(64, head.data as Float32Array, head.dims));
  try {
    const printed = await runReadmeExample(new URL('../', import.meta.url), { env: { MODEL } });
    // 16x32 px around the centre of a 64x64 input that holds 1920x1080 at 1/30.
    expect(printed).toBe('person 0.91 [ 720, 60, 1200, 1020 ]');
  } finally {
    await rm(MODEL);
  }
});
