import { fileURLToPath } from 'node:url';
import type { RgbImage, Xyxy } from '@trinetra/contracts';
import { createInferenceRuntime } from '@trinetra/inference-runtime';
import { noise } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { createFaceAligner, type FaceResult, faceByteInput } from '../src/index.ts';
import { alignOne } from './align-one.ts';

const yunet = fileURLToPath(new URL('../../../tools/demo-models/models/demo-yunet.onnx', import.meta.url));
const image: RgbImage = { data: noise(400, 300, 7), width: 400, height: 300 };
const persons: readonly Xyxy[] = [
  [10, 20, 90, 220],
  [100.5, 0, 399, 300],
  [200, 100, 260, 290],
  [0, 250, 400, 300],
  [-5, -5, 30, 90],
];

it('finds in crops of bytes what it finds in crops of floats, to the bit', async () => {
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const found: FaceResult[][] = [];
  for (const options of [{}, { byteInput: faceByteInput }]) {
    const model = await runtime.loadModel(yunet, options);
    const aligner = createFaceAligner({ model, scoreThreshold: 0, minFacePx: 1 });
    found.push(await alignOne(aligner, { ...image, pixelAspectRatio: 4 / 3 }, persons));
  }
  expect(found[0]?.some((face) => face.ok)).toBe(true);
  expect(found[1]).toEqual(found[0]);
});
