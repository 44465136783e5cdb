import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { demoModels, runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { createScene } from '../../../apps/camera-simulator/src/scene/index.ts';

it('runs the first example of the README', async () => {
  const PIXELS = fileURLToPath(new URL(`../.readme-example-${process.pid}.rgb`, import.meta.url));
  const scene = createScene({ seed: 5, camera: 0, cameraType: 'face_capture', identities: [0, 1], crowd: 1 });
  const { canvas, truth } = scene.frame(3.7);
  const rgba = canvas.data();
  await writeFile(
    PIXELS,
    rgba.filter((_, at) => at % 4 !== 3),
  );
  try {
    const env = { PIXELS, MODEL: demoModels()['FACE_MODEL_PATH'] };
    const printed = await runReadmeExample(new URL('../', import.meta.url), { env });
    const found = printed.split(' ').map((point) => point.split(',').map(Number));
    const { bbox, landmarks } = truth.persons[0]?.face ?? { bbox: [0, 0, 0, 0], landmarks: [] };
    expect(found).toHaveLength(5);
    for (const [at, [x, y]] of landmarks.entries()) {
      const apart = Math.hypot(x - (found[at]?.[0] ?? Number.NaN), y - (found[at]?.[1] ?? Number.NaN));
      expect(apart).toBeLessThan((bbox[2] - bbox[0]) / 4);
    }
  } finally {
    await rm(PIXELS);
  }
});
