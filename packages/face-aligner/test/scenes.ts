import type { RgbImage, Xyxy } from '@trinetra/contracts';
import { expect } from 'vitest';
import type { AlignedFace, FaceResult } from '../src/aligned-face.ts';
import type { FaceCandidate } from '../src/face-candidate.ts';
import { faceIn } from './fake-model.ts';

/** A picture in which every pixel tells its place: R = x / 4, G = y / 4. */
function placePicture(width = 800, height = 640): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at += 1) {
    data[at * 3] = Math.floor((at % width) / 4);
    data[at * 3 + 1] = Math.floor(at / width / 4);
    data[at * 3 + 2] = 77;
  }
  return { data, width, height };
}
export const image: RgbImage = placePicture();

/** A face of the image as the model sees it in the crop of a person with whole corners. */
export function inCrop(face: FaceCandidate, [x1, y1, x2, y2]: Xyxy): FaceCandidate {
  const scale = 320 / Math.max(x2 - x1, y2 - y1);
  const [a, b, c, d] = face.bbox;
  return faceIn([(a - x1) * scale, (b - y1) * scale, (c - x1) * scale, (d - y1) * scale], face.score);
}

export function found(result: FaceResult | undefined): AlignedFace {
  if (!result?.ok) throw new Error(`expected a face but received ${result?.reason}`);
  return result.value;
}

export function expectBox(actual: Xyxy, expected: Xyxy, digits = 2): void {
  for (const [at, value] of actual.entries()) expect(value).toBeCloseTo(expected[at] ?? Number.NaN, digits);
}
