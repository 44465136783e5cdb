import { describe, expect, it } from 'vitest';
import { faceIn, yunetOutputs } from '../test/fake-model.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { decodeYunet } from './yunet.ts';

const square = { width: 320, height: 320 };

const near = (face: FaceCandidate | undefined, expected: FaceCandidate): void => {
  if (face === undefined) throw new Error('expected a face');
  for (const [at, value] of face.bbox.entries())
    expect(value).toBeCloseTo(expected.bbox[at] ?? Number.NaN, 3);
  for (const [at, value] of face.landmarks.flat().entries()) {
    expect(value).toBeCloseTo(expected.landmarks.flat()[at] ?? Number.NaN, 3);
  }
  expect(face.score).toBeCloseTo(expected.score, 6);
};

describe('decodeYunet', () => {
  it.each([8, 16, 32] as const)('finds box, landmarks and score at stride %i', (stride) => {
    const face = faceIn([100.5, 40.25, 180.75, 151], 0.9);
    const faces = decodeYunet(yunetOutputs([[face]], 320, 320, stride), 0, 0.6, square);
    expect(faces).toHaveLength(1);
    near(faces[0], face);
  });

  it('knows the columns of an input that is not square', () => {
    const face = faceIn([300, 40, 360, 120], 0.9);
    const size = { width: 640, height: 160 };
    near(decodeYunet(yunetOutputs([[face]], 640, 160), 0, 0.6, size)[0], face);
  });

  it('reads its own crop of a batch', () => {
    const [first, third] = [faceIn([10, 10, 60, 60], 0.7), faceIn([200, 200, 280, 290], 0.8)];
    const outputs = yunetOutputs([[first], [], [third]]);
    near(decodeYunet(outputs, 0, 0.6, square)[0], first);
    expect(decodeYunet(outputs, 1, 0.6, square)).toEqual([]);
    near(decodeYunet(outputs, 2, 0.6, square)[0], third);
  });

  it('takes the geometric mean of class and object score, each clamped to 0..1', () => {
    const outputs = yunetOutputs([[faceIn([100, 100, 180, 180], 1)]]);
    const cls = outputs['cls_8']?.data as Float32Array;
    const obj = outputs['obj_8']?.data as Float32Array;
    const prior = cls.indexOf(1);
    cls[prior] = 1.7;
    obj[prior] = 0.49;
    expect(decodeYunet(outputs, 0, 0.6, square)[0]?.score).toBeCloseTo(0.7, 6);
    obj[prior] = -0.49;
    expect(decodeYunet(outputs, 0, 0.6, square)).toEqual([]);
    cls[prior] = -1;
    expect(decodeYunet(outputs, 0, 0.6, square)).toEqual([]);
  });

  it('keeps a class score below the threshold where the other makes up for it, down to its square', () => {
    const outputs = yunetOutputs([[faceIn([100, 100, 180, 180], 1)]]);
    const cls = outputs['cls_8']?.data as Float32Array;
    const prior = cls.indexOf(1);
    for (const [threshold, least] of [
      [0.5, 0.25],
      [0.75, 0.5625],
      [1, 1],
    ] as const) {
      cls[prior] = least;
      expect(decodeYunet(outputs, 0, threshold, square)).toHaveLength(1);
      cls[prior] = least - 1e-6;
      expect(decodeYunet(outputs, 0, threshold, square)).toHaveLength(0);
    }
    cls[prior] = -1;
    expect(decodeYunet(outputs, 0, 0, square)).toHaveLength(4); // of scores of 0, as many as there may be
  });

  it('keeps a score at the threshold and drops one below it', () => {
    const outputs = yunetOutputs([[faceIn([100, 100, 180, 180], 0.75)]]);
    expect(decodeYunet(outputs, 0, 0.75, square)).toHaveLength(1);
    expect(decodeYunet(outputs, 0, 0.7501, square)).toHaveLength(0);
  });

  it('gives the best first, without those that overlap a better one, and at most 4', () => {
    const lone = [0, 1, 2, 3, 4].map((at) => faceIn([at * 64, 0, at * 64 + 40, 40], 0.7 + at * 0.05));
    const shadow = faceIn([4 * 64 + 9, 0, 4 * 64 + 49, 40], 0.89);
    const faces = decodeYunet(yunetOutputs([[...lone, shadow]]), 0, 0.6, square);
    expect(faces.map(({ score }) => Number(score.toFixed(2)))).toEqual([0.9, 0.85, 0.8, 0.75]);
  });

  it.each(['cls_8', 'obj_8', 'bbox_8', 'kps_8'])(
    'drops a face with a NaN in %s, and only that one',
    (name) => {
      const [bad, good] = [faceIn([20, 20, 90, 90], 0.95), faceIn([200, 200, 270, 270], 0.8)];
      const outputs = yunetOutputs([[bad, good]]);
      const marked = yunetOutputs([[bad]])[name]?.data as Float32Array;
      const at = marked.findIndex((value) => value !== 0);
      const data = outputs[name]?.data as Float32Array;
      data[at] = Number.NaN;
      const faces = decodeYunet(outputs, 0, 0.6, square);
      expect(faces).toHaveLength(1);
      near(faces[0], good);
    },
  );

  it('drops a box whose size overflows', () => {
    const outputs = yunetOutputs([[faceIn([20, 20, 90, 90], 0.95)]]);
    const boxes = outputs['bbox_8']?.data as Float32Array;
    boxes[boxes.findIndex((value) => value !== 0) + 2] = 1e4;
    expect(decodeYunet(outputs, 0, 0.6, square)).toEqual([]);
  });

  it('says which output is missing or too short', () => {
    const { kps_16: _, ...missing } = yunetOutputs([[]]);
    expect(() => decodeYunet(missing, 0, 0.6, square)).toThrow('kps_16');
    expect(() => decodeYunet(yunetOutputs([[]]), 1, 0.6, square)).toThrow('cls_8');
  });
});
