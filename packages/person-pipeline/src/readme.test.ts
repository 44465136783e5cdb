import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { createScene } from '../../../apps/camera-simulator/src/scene/index.ts';

const demo = (name: string): string =>
  fileURLToPath(new URL(`../../../tools/demo-models/models/demo-${name}.onnx`, import.meta.url));

it('runs the first example of the README', async () => {
  const PHOTO = fileURLToPath(new URL(`../.readme-example-${process.pid}.jpg`, import.meta.url));
  const scene = createScene({ seed: 5, camera: 0, cameraType: 'face_capture', identities: [0, 1], crowd: 1 });
  await writeFile(PHOTO, await scene.frame(3.7).canvas.encode('jpeg', 90));
  try {
    const env = { PHOTO, DETECTOR: demo('yolov8'), FACES: demo('yunet'), EMBEDDER: demo('arcface') };
    const printed = await runReadmeExample(new URL('../', import.meta.url), { env });
    expect(printed).toMatch(/^\[ \d+, \d+, \d+, \d+ \] \d\.\d true$/m);
  } finally {
    await rm(PHOTO);
  }
});
