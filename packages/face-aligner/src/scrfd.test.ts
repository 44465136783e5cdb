import type { TensorInfo } from '@trinetra/inference-runtime';
import { describe, expect, it } from 'vitest';
import { faceIn, scrfdNames, scrfdOutputInfo, scrfdOutputs, tensorInfo } from '../test/fake-model.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { decodeScrfd, findScrfdOutputs } from './scrfd.ts';

const square = { width: 320, height: 320 };
const names = [0, 1, 2].map((level) => ({
  score: scrfdNames[level] ?? '',
  bbox: scrfdNames[level + 3] ?? '',
  kps: scrfdNames[level + 6] ?? '',
}));

function near(face: FaceCandidate | undefined, expected: FaceCandidate): void {
  if (face === undefined) throw new Error('expected a face');
  for (const [at, value] of face.bbox.entries())
    expect(value).toBeCloseTo(expected.bbox[at] ?? Number.NaN, 3);
  for (const [at, value] of face.landmarks.flat().entries()) {
    expect(value).toBeCloseTo(expected.landmarks.flat()[at] ?? Number.NaN, 3);
  }
  expect(face.score).toBeCloseTo(expected.score, 6);
}

describe('decodeScrfd', () => {
  it('reads an anchor by hand: distances and offsets in strides from (column * s, row * s)', () => {
    const outputs = scrfdOutputs([[]], 320, 320);
    const at = (3 * 20 + 5) * 2 + 1; // stride 16, row 3, column 5, second anchor: the point (80, 48)
    outputs['471']?.data.set([0.75] as never, at);
    outputs['474']?.data.set([1, 2, 3, 4] as never, at * 4);
    outputs['477']?.data.set([-0.5, 0, 0.5, 0, 0, 1, -0.25, 2, 0.25, 2] as never, at * 10);
    expect(decodeScrfd(outputs, names, 0, 0.5, square)).toEqual([
      {
        score: 0.75,
        bbox: [64, 16, 128, 112],
        landmarks: [
          [72, 48],
          [88, 48],
          [80, 64],
          [76, 80],
          [84, 80],
        ],
      },
    ]);
  });

  it.each([
    [8, 0],
    [8, 1],
    [16, 0],
    [32, 1],
  ] as const)('finds a face at stride %i by anchor %i of its cell', (stride, anchor) => {
    const face = faceIn([100.5, 40.25, 180.75, 151], 0.9);
    const faces = decodeScrfd(scrfdOutputs([[face]], 320, 320, { stride, anchor }), names, 0, 0.6, square);
    expect(faces).toHaveLength(1);
    near(faces[0], face);
  });

  it('reads outputs without a batch axis, and its own crop of those with one', () => {
    const [first, second] = [faceIn([10, 10, 60, 60], 0.7), faceIn([200, 200, 280, 290], 0.8)];
    near(decodeScrfd(scrfdOutputs([[first]], 320, 320, { batched: false }), names, 0, 0.6, square)[0], first);
    const outputs = scrfdOutputs([[first], [], [second]], 320, 320);
    near(decodeScrfd(outputs, names, 0, 0.6, square)[0], first);
    expect(decodeScrfd(outputs, names, 1, 0.6, square)).toEqual([]);
    near(decodeScrfd(outputs, names, 2, 0.6, square)[0], second);
  });

  it('knows the columns of an input that is not square', () => {
    const face = faceIn([300, 40, 360, 120], 0.9);
    const size = { width: 640, height: 160 };
    near(decodeScrfd(scrfdOutputs([[face]], 640, 160), names, 0, 0.6, size)[0], face);
  });

  it('keeps a score at the threshold, drops one below it and what overlaps a better one', () => {
    const [best, shadow] = [faceIn([100, 100, 180, 180], 0.875), faceIn([108, 100, 188, 180], 0.75)];
    const outputs = scrfdOutputs([[best, shadow]], 320, 320);
    expect(decodeScrfd(outputs, names, 0, 0.875, square)).toHaveLength(1);
    expect(decodeScrfd(outputs, names, 0, 0.876, square)).toEqual([]);
    expect(decodeScrfd(outputs, names, 0, 0.5, square).map(({ score }) => score)).toEqual([0.875]);
  });

  it.each(['448', '451', '454'])('drops a face with a NaN in %s, and only that one', (name) => {
    const [bad, good] = [faceIn([20, 20, 90, 90], 0.95), faceIn([200, 200, 270, 270], 0.8)];
    const outputs = scrfdOutputs([[bad, good]], 320, 320);
    const marked = scrfdOutputs([[bad]], 320, 320)[name]?.data as Float32Array;
    (outputs[name]?.data as Float32Array)[marked.findIndex((value) => value !== 0)] = Number.NaN;
    const faces = decodeScrfd(outputs, names, 0, 0.6, square);
    expect(faces).toHaveLength(1);
    near(faces[0], good);
  });

  it('drops a box without area', () => {
    const outputs = scrfdOutputs([[faceIn([180, 100, 100, 180], 0.95)]], 320, 320);
    expect(decodeScrfd(outputs, names, 0, 0.6, square)).toEqual([]);
  });

  it('refuses outputs of another number of anchors, such as one a cell', () => {
    const outputs = scrfdOutputs([[]], 320, 320);
    const half = { ...outputs['448'], data: new Float32Array(1600) } as never;
    expect(() => decodeScrfd({ ...outputs, '448': half }, names, 0, 0.6, square)).toThrow(
      expect.objectContaining({ code: 'model_mismatch' }),
    );
    const { '477': _, ...missing } = outputs;
    expect(() => decodeScrfd(missing, names, 0, 0.6, square)).toThrow('477');
  });
});

describe('findScrfdOutputs', () => {
  const rows = (stride: number): number => (640 / stride) ** 2 * 2;
  const named = ['s8', 's16', 's32', 'b8', 'b16', 'b32', 'k8', 'k16', 'k32'];
  const expected = [
    { score: 's8', bbox: 'b8', kps: 'k8' },
    { score: 's16', bbox: 'b16', kps: 'k16' },
    { score: 's32', bbox: 'b32', kps: 'k32' },
  ];
  const info = scrfdOutputInfo(rows, [], named);
  const pick = (...order: number[]): TensorInfo[] =>
    order.flatMap((at) => {
      const output = info[at];
      return output === undefined ? [] : [output];
    });

  it.each([
    ['in the order of InsightFace', info],
    ['with a batch axis', scrfdOutputInfo(rows, ['batch'], named)],
    ['stride by stride', pick(0, 3, 6, 1, 4, 7, 2, 5, 8)],
    ['the largest stride first, where the rows tell', info.toReversed()],
    ['with open rows', scrfdOutputInfo(() => 'n', [], named)],
    ['with nothing declared', named.map((name) => tensorInfo(name, ['n', 'k']))],
    ['without dims', named.map((name) => tensorInfo(name, []))],
  ] as [string, TensorInfo[]][])('tells which is which %s', (_, outputs) => {
    expect(findScrfdOutputs(outputs)).toEqual(expected);
  });

  it.each([
    ['6 outputs: SCRFD without landmarks', pick(0, 1, 2, 3, 4, 5)],
    ['15 outputs: five strides', [...info, ...pick(0, 1, 2, 3, 4, 5)]],
    ['two strides of landmarks', [...pick(0, 1, 2, 3, 4, 5, 6, 7), tensorInfo('other', [800, 2])]],
    ['nothing', []],
  ] as [string, TensorInfo[]][])('does not take %s', (_, outputs) => {
    expect(findScrfdOutputs(outputs)).toBeNull();
  });
});
