import type { Xyxy } from '@trinetra/contracts';
import { alignFace } from '@trinetra/face-geometry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignOne } from '../test/align-one.ts';
import { faceIn, fakeScrfd, fakeYunet } from '../test/fake-model.ts';
import { expectBox, found, image, inCrop } from '../test/scenes.ts';
import type { FaceResult } from './aligned-face.ts';
import { createFaceAligner } from './face-aligner.ts';

describe('the face of each person', () => {
  it('has box and landmarks in the pixels of the image, its score, and 112x112 aligned pixels', async () => {
    const [person, face] = [[100, 50, 260, 370] as const, faceIn([150, 60, 210, 130], 0.9)];
    const aligner = createFaceAligner({ model: fakeYunet(() => [inCrop(face, person)]) });
    const [result, ...rest] = await alignOne(aligner, image, [person]);
    const { bbox, landmarks, score, aligned } = found(result);
    expect(rest).toEqual([]);
    expectBox(bbox, face.bbox);
    for (const [at, [x, y]] of landmarks.entries()) {
      expect(x).toBeCloseTo(face.landmarks[at]?.[0] ?? Number.NaN, 2);
      expect(y).toBeCloseTo(face.landmarks[at]?.[1] ?? Number.NaN, 2);
    }
    expect(score).toBeCloseTo(0.9, 6);
    expect(aligned).toEqual(alignFace(image, landmarks));
    const nose = (Math.round(71.7366) * 112 + Math.round(56.0252)) * 3;
    expect(Math.abs((aligned[nose] ?? 0) - 180 / 4)).toBeLessThanOrEqual(1);
    expect(Math.abs((aligned[nose + 1] ?? 0) - 102 / 4)).toBeLessThanOrEqual(2);
  });

  it('is looked for in BGR pixels of its box, the longer side 320, the rest 0', async () => {
    const model = fakeYunet(() => []);
    await alignOne(createFaceAligner({ model }), image, [[100.4, 50, 259.6, 370]]);
    const [run] = model.runs;
    expect(run?.dims).toEqual([1, 3, 320, 320]);
    const at = (channel: number, x: number, y: number): number | undefined =>
      run?.data[channel * 320 * 320 + y * 320 + x];
    expect([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0)]).toEqual([77, 12, 25]);
    expect([at(0, 159, 319), at(1, 159, 319), at(2, 159, 319)]).toEqual([77, 92, 64]);
    expect([at(0, 160, 0), at(1, 160, 0), at(2, 160, 0)]).toEqual([0, 0, 0]);
  });

  it('is the best one of its box', async () => {
    const person = [0, 0, 320, 320] as const;
    const faces = [faceIn([10, 10, 60, 60], 0.7), faceIn([200, 20, 260, 80], 0.9)];
    const [result] = await alignOne(createFaceAligner({ model: fakeYunet(() => faces) }), image, [person]);
    expectBox(found(result).bbox, [200, 20, 260, 80]);
  });

  it('is no_face where none reaches the threshold', async () => {
    const faces = [faceIn([10, 10, 60, 60], 0.7)];
    const align = async (scoreThreshold: number): Promise<FaceResult[]> =>
      alignOne(createFaceAligner({ model: fakeYunet(() => faces), scoreThreshold }), image, [
        [0, 0, 320, 320],
      ]);
    expect(await align(0.71)).toEqual([{ ok: false, reason: 'no_face' }]);
    expect(found((await align(0.69))[0]).score).toBeCloseTo(0.7);
  });

  it('is no_face where the landmarks coincide', async () => {
    const face = faceIn([10, 10, 60, 60], 0.9);
    const dot = {
      ...face,
      landmarks: [
        [30, 30],
        [30, 30],
        [30, 30],
        [30, 30],
        [30, 30],
      ],
    } as const;
    const aligner = createFaceAligner({ model: fakeYunet(() => [dot]) });
    expect(await alignOne(aligner, image, [[0, 0, 320, 320]])).toEqual([{ ok: false, reason: 'no_face' }]);
  });

  it('is too_small below minFacePx pixels of the image, however large its crop is drawn', async () => {
    const person = [100, 100, 132, 164] as const;
    const model = (): ReturnType<typeof fakeYunet> =>
      fakeYunet(() => [inCrop(faceIn([105, 102, 116, 120], 0.9), person)]);
    const small = await alignOne(createFaceAligner({ model: model() }), image, [person]);
    expect(small).toEqual([{ ok: false, reason: 'too_small' }]);
    const [result] = await alignOne(createFaceAligner({ model: model(), minFacePx: 10 }), image, [person]);
    expectBox(found(result).bbox, [105, 102, 116, 120]);
  });

  it.each([
    ['outside of the image', [900, 10, 950, 60]],
    ['left of it', [-90, 10, -5, 60]],
    ['without area', [50, 50, 50, 90]],
    ['upside down', [60, 90, 50, 50]],
    ['not a number', [Number.NaN, 0, 100, 100]],
  ] as [string, Xyxy][])('is no_face for a box that is %s, and the others are served', async (_, box) => {
    const [good, face] = [[0, 0, 320, 320] as const, faceIn([10, 10, 60, 60], 0.9)];
    const aligner = createFaceAligner({ model: fakeYunet(() => [face], 'batch') });
    const [bad, other] = await alignOne(aligner, image, [box, good]);
    expect(bad).toEqual({ ok: false, reason: 'no_face' });
    expectBox(found(other).bbox, face.bbox);
  });

  it('is never shared: of two boxes that hold it, one person gets it', async () => {
    const face = faceIn([150, 60, 210, 130], 0.9);
    const corner = (from: number, to: number): fc.Arbitrary<number> => fc.integer({ min: from, max: to });
    const holding = fc.tuple(corner(0, 150), corner(0, 60), corner(210, 500), corner(130, 600));
    await fc.assert(
      fc.asyncProperty(fc.array(holding, { minLength: 2, maxLength: 6 }), async (boxes) => {
        const aligner = createFaceAligner({
          model: fakeYunet((run) => [inCrop(face, boxes[run] ?? [0, 0, 1, 1])]),
        });
        const results = await alignOne(aligner, image, boxes);
        expect(results.filter((result) => result.ok)).toHaveLength(1);
        expect(results.filter((result) => !result.ok && result.reason === 'no_face')).toHaveLength(
          boxes.length - 1,
        );
      }),
      { numRuns: 25 },
    );
  });
});

describe('a squashed image', () => {
  const squashed = { ...image, pixelAspectRatio: 2 };
  const person = [100, 50, 260, 370] as const;
  const face = faceIn([150, 60, 210, 130], 0.9);
  /** The model is shown what the camera saw: 160x320 pixels fill 320x320. */
  const seen = faceIn([100, 10, 220, 80], 0.9);

  it('is shown to the model in the proportions of the camera', async () => {
    const model = fakeYunet(() => [seen]);
    await alignOne(createFaceAligner({ model }), squashed, [person]);
    const plane = 320 * 320;
    const red = model.runs[0]?.data.subarray(2 * plane);
    expect([red?.[0], red?.[319], red?.[plane - 1]]).toEqual([25, 64, 64]);
  });

  it('gives box and landmarks in its own pixels, and a face in the proportions of the camera', async () => {
    const aligner = createFaceAligner({ model: fakeYunet(() => [seen]) });
    const [result] = await alignOne(aligner, squashed, [person]);
    const { bbox, landmarks, aligned } = found(result);
    expectBox(bbox, face.bbox);
    for (const [at, [x, y]] of landmarks.entries()) {
      expect(x).toBeCloseTo(face.landmarks[at]?.[0] ?? Number.NaN, 2);
      expect(y).toBeCloseTo(face.landmarks[at]?.[1] ?? Number.NaN, 2);
    }
    // A step across the aligned face is as long for the camera as a step down: here, half as many pixels.
    const level = (x: number, y: number, channel: number): number =>
      aligned[(y * 112 + x) * 3 + channel] ?? 0;
    const across = level(90, 56, 0) - level(20, 56, 0);
    const down = level(56, 90, 1) - level(56, 20, 1);
    expect(across / down).toBeGreaterThan(0.4);
    expect(across / down).toBeLessThan(0.6);
  });

  it('is the same as none where the proportions are the same', async () => {
    const align = (picture: typeof image): Promise<FaceResult[]> =>
      alignOne(createFaceAligner({ model: fakeYunet(() => [inCrop(face, person)]) }), picture, [person]);
    const [plain] = await align(image);
    const [told] = await align({ ...image, pixelAspectRatio: 1 });
    expectBox(found(told).bbox, found(plain).bbox, 6);
    expect(found(told).aligned).toEqual(found(plain).aligned);
  });

  it('has faces whose width is measured as the camera saw it', async () => {
    const reasons = async (minFacePx: number): Promise<string[]> => {
      const aligner = createFaceAligner({ model: fakeYunet(() => [seen]), minFacePx });
      return (await alignOne(aligner, squashed, [person])).map((one) => (one.ok ? 'found' : one.reason));
    };
    expect(await reasons(119)).toEqual(['found']); // 60 px of the image, 120 for the camera
    expect(await reasons(121)).toEqual(['too_small']);
  });

  it('has head-crops as wide as high for the camera', async () => {
    const aligner = createFaceAligner({ model: null, fallback: 'head-crop' });
    const [result] = await alignOne(aligner, squashed, [[100, 60, 300, 420]]);
    expect(found(result).bbox).toEqual([170, 60, 230, 180]);
  });
});

describe('with a SCRFD model', () => {
  it.each([
    ['one crop a run', {}, [1, 1]],
    ['a batch axis', { batch: 'n', batched: true }, [2]],
  ])('and %s, faces come out in the pixels of the image', async (_, shape, runs) => {
    const persons = [[100, 50, 260, 370] as const, [400, 50, 560, 370] as const];
    const faces = [faceIn([150, 60, 210, 130], 0.9), faceIn([450, 70, 520, 150], 0.8)];
    const seen = persons.map((person, at) => inCrop(faces[at] ?? faceIn([0, 0, 1, 1], 0), person));
    const model = fakeScrfd((run, crop) => seen.slice(Math.max(run, crop)).slice(0, 1), shape);
    const results = await alignOne(createFaceAligner({ model }), image, persons);
    expect(results.map((result) => found(result).bbox.map(Math.round))).toEqual(
      faces.map(({ bbox }) => bbox),
    );
    expect(model.runs.map(({ dims }) => dims[0])).toEqual(runs);
    // RGB, (level - 127.5) / 128
    expect(model.runs[0]?.data[0]).toBeCloseTo((25 - 127.5) / 128, 6);
  });

  it('fixed at 640x640, crops are that large', async () => {
    const model = fakeScrfd(() => [faceIn([100, 20, 220, 160], 0.9)], { size: 640 });
    const [result] = await alignOne(createFaceAligner({ model }), image, [[100, 50, 260, 370]]);
    expect(model.runs[0]?.dims).toEqual([1, 3, 640, 640]);
    expectBox(found(result).bbox, [150, 60, 210, 130]);
  });
});

describe('without a model', () => {
  it('no face is looked for', async () => {
    const results = await alignOne(createFaceAligner({ model: null }), image, [
      [0, 0, 100, 100],
      [5, 5, 90, 90],
    ]);
    expect(results).toEqual([
      { ok: false, reason: 'not_run' },
      { ok: false, reason: 'not_run' },
    ]);
  });

  it('head-crop takes the upper third of each person, as wide as high, with score 0', async () => {
    const aligner = createFaceAligner({ model: null, fallback: 'head-crop' });
    const [tall, wide] = await alignOne(aligner, image, [
      [100, 60, 300, 420],
      [100, 60, 200, 660],
    ]);
    const { bbox, score, aligned, landmarks } = found(tall);
    expect(bbox).toEqual([140, 60, 260, 180]);
    expect(score).toBe(0);
    expect(landmarks[2][0]).toBeCloseTo(140 + (56.0252 * 120) / 112, 9);
    expect(aligned).toHaveLength(112 * 112 * 3);
    expect([...aligned.subarray(0, 3)]).toEqual([35, 15, 77]);
    expect(found(wide).bbox).toEqual([100, 60, 200, 160]);
  });

  it('head-crop is no_face for a box that has no pixel in the image', async () => {
    const aligner = createFaceAligner({ model: null, fallback: 'head-crop' });
    const results = await alignOne(aligner, image, [
      [Number.NaN, 0, 10, 10],
      [900, 0, 950, 50],
      [60, 60, 60, 60],
    ]);
    expect(results.every((result) => !result.ok && result.reason === 'no_face')).toBe(true);
  });

  it('head-crop is too_small below minFacePx', async () => {
    const aligner = createFaceAligner({ model: null, fallback: 'head-crop' });
    expect(await alignOne(aligner, image, [[10, 10, 40, 40]])).toEqual([{ ok: false, reason: 'too_small' }]);
  });
});

describe('createFaceAligner', () => {
  it.each([
    ['scoreThreshold', { scoreThreshold: 1.5 }],
    ['minFacePx', { minFacePx: 0 }],
    ['fallback', { fallback: 'guess' }],
    ['unknown', { unknown: 1 }],
  ])('refuses a wrong %s by name', (name, options) => {
    const create = (): unknown => createFaceAligner({ model: null, ...options } as never);
    expect(create).toThrow(expect.objectContaining({ code: 'invalid_options' }));
    expect(create).toThrow(name);
  });

  it('refuses pixels without width', async () => {
    const aligner = createFaceAligner({ model: fakeYunet(() => []) });
    const picture = { ...image, pixelAspectRatio: 0 };
    await expect(alignOne(aligner, picture, [[0, 0, 100, 100]])).rejects.toThrow('pixelAspectRatio');
  });
});
