import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FaceLandmarks, RgbImage, Xyxy } from '@trinetra/contracts';
import { alignFace } from '@trinetra/face-geometry';
import {
  createInferenceRuntime,
  type InferenceModel,
  type InferenceRuntime,
} from '@trinetra/inference-runtime';
import { goldenNames, sharedFolder } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaceResult } from '../src/aligned-face.ts';
import { createFaceAligner } from '../src/face-aligner.ts';
import { alignOne } from './align-one.ts';

/** As much of sharp as is used here; it is a dependency of the package beside this one. */
type Sharp = (file: string) => {
  resize(size: { width?: number; height?: number; fit?: 'fill' }): ReturnType<Sharp>;
  removeAlpha(): {
    raw(): {
      toBuffer(options: { resolveWithObject: true }): Promise<{
        data: Uint8Array;
        info: { width: number; height: number; channels: number };
      }>;
    };
  };
};

interface GoldenFace {
  readonly score: number;
  readonly runner_up_score: number | null;
  readonly box: Xyxy;
  readonly landmarks: FaceLandmarks;
  readonly aligned: string;
}
interface Golden {
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly persons: readonly { readonly box: Xyxy; readonly face: GoldenFace | null }[];
}

const path = (name: string): string => new URL(name, sharedFolder).pathname;

/** The pixels of a picture, squashed to `side` x `side` where that is given. */
async function readPixels(file: string, side?: number): Promise<RgbImage> {
  const load = createRequire(new URL('../../frame-decoder/package.json', import.meta.url));
  const sharp = load('sharp') as Sharp;
  const { data, info } = await sharp(file)
    .resize(side === undefined ? {} : { width: side, height: side, fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${file}: expected 3 channels but received ${info.channels}`);
  return { data, width: info.width, height: info.height };
}

function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(path(`golden/${name}.json`), 'utf8')) as Golden;
}

const meanDifference = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;

describe.skipIf(!existsSync(sharedFolder))('the faces of the golden photos (needs ../shared)', () => {
  let runtime: InferenceRuntime;
  const models = new Map<string, InferenceModel>();
  const model = (name: string): InferenceModel => {
    const loaded = models.get(name);
    if (loaded === undefined) throw new Error(`expected ${name} to be loaded`);
    return loaded;
  };
  beforeAll(async () => {
    runtime = await createInferenceRuntime({ intraOpThreads: 2 });
    for (const name of ['yunet', 'yunet_batch'])
      models.set(name, await runtime.loadModel(path(`models/${name}.onnx`)));
  });
  afterAll(() => runtime.close());

  it.each(goldenNames)('%s: landmarks within 0.01 of the width of the face', async (name) => {
    const golden = readGolden(name);
    const image = await readPixels(path(`photos/${golden.image}`));
    const aligner = createFaceAligner({ model: model('yunet') });
    for (const { box, face: expected } of golden.persons) {
      // Alone, as in the reference, which lets persons share a face.
      const [face] = await alignOne(aligner, image, [box]);
      if (expected === null) {
        expect(face).toEqual({ ok: false, reason: 'no_face' });
        continue;
      }
      if (!face?.ok) throw new Error(`expected a face in ${box}`);
      expect(face.value.score).toBeCloseTo(expected.score, 2);
      const width = expected.box[2] - expected.box[0];
      const distances = face.value.landmarks.map(([x, y], at) =>
        Math.hypot(x - (expected.landmarks[at]?.[0] ?? 0), y - (expected.landmarks[at]?.[1] ?? 0)),
      );
      expect(Math.max(...distances) / width).toBeLessThan(0.01);
    }
  });

  it.each(goldenNames)(
    '%s: aligned faces from golden landmarks are 0.3 grey levels from the reference at most, on average',
    async (name) => {
      const golden = readGolden(name);
      const image = await readPixels(path(`photos/${golden.image}`));
      for (const { face } of golden.persons) {
        if (face === null) continue;
        const expected = await readPixels(path(`golden/${face.aligned}`));
        const aligned = alignFace(image, face.landmarks);
        if (aligned === null) throw new Error('expected an aligned face');
        expect(meanDifference(aligned, expected.data)).toBeLessThan(0.3);
      }
    },
  );

  it('have landmarks at half the error or less where the proportions of a squashed picture are told', async () => {
    const errors: { told: number[]; untold: number[] } = { told: [], untold: [] };
    const aligner = createFaceAligner({ model: model('yunet') });
    for (const name of goldenNames) {
      const golden = readGolden(name);
      const image = await readPixels(path(`photos/${golden.image}`), 640);
      const [kx, ky] = [640 / golden.width, 640 / golden.height];
      for (const { box, face: expected } of golden.persons) {
        if (expected === null) continue;
        const squashed: Xyxy = [box[0] * kx, box[1] * ky, box[2] * kx, box[3] * ky];
        for (const [kind, picture] of [
          ['told', { ...image, pixelAspectRatio: ky / kx }],
          ['untold', image],
        ] as const) {
          const [face] = await alignOne(aligner, picture, [squashed]);
          const distances = face?.ok
            ? face.value.landmarks.map(([x, y], at) =>
                Math.hypot(
                  x / kx - (expected.landmarks[at]?.[0] ?? 0),
                  y / ky - (expected.landmarks[at]?.[1] ?? 0),
                ),
              )
            : [Number.POSITIVE_INFINITY];
          errors[kind].push(Math.max(...distances) / (expected.box[2] - expected.box[0]));
        }
      }
    }
    const median = (values: readonly number[]): number =>
      values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
    const close = (values: readonly number[]): number => values.filter((value) => value < 0.15).length;
    expect(median(errors.told)).toBeLessThan(median(errors.untold) / 2);
    expect(close(errors.told)).toBeGreaterThanOrEqual(0.9 * errors.told.length);
  });

  it.each(goldenNames)('%s: no two persons get the same face, in batches as one by one', async (name) => {
    const golden = readGolden(name);
    const image = await readPixels(path(`photos/${golden.image}`));
    const persons = golden.persons.map(({ box }) => box);
    const batched = await alignOne(createFaceAligner({ model: model('yunet_batch') }), image, persons);
    const single = await alignOne(createFaceAligner({ model: model('yunet') }), image, persons);
    const centre = (face: FaceResult): number[] => (face.ok ? face.value.landmarks[2].map(Math.round) : []);
    expect(batched.map(centre)).toEqual(single.map(centre));
    const noses = batched.flatMap((face) => (face.ok ? [face.value] : []));
    for (const [at, face] of noses.entries()) {
      for (const other of noses.slice(at + 1)) {
        const apart = Math.hypot(
          face.landmarks[2][0] - other.landmarks[2][0],
          face.landmarks[2][1] - other.landmarks[2][1],
        );
        expect(apart).toBeGreaterThan((face.bbox[2] - face.bbox[0]) / 2);
      }
    }
  });

  it.each(['group_04', 'headshot_01', 'office_04'])(
    '%s: a face is not shared with a person whose box cuts it',
    async (name) => {
      const golden = readGolden(name);
      const image = await readPixels(path(`photos/${golden.image}`));
      const aligner = createFaceAligner({ model: model('yunet_batch') });
      for (const { box, face } of golden.persons) {
        if (face === null) continue;
        const [left, top, right, bottom] = face.box;
        const [x, y] = [left + (right - left) * 0.6, top + (bottom - top) * 0.6];
        for (const cut of [
          [x, box[1], box[2], box[3]],
          [box[0], box[1], x, box[3]],
          [box[0], y, box[2], box[3]],
        ] as const) {
          const [own, other] = await alignOne(aligner, image, [box, cut]);
          if (!own?.ok || !other?.ok) continue;
          const [a, b] = [own.value.landmarks[2], other.value.landmarks[2]];
          expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeGreaterThan(0.35 * (right - left));
        }
      }
    },
  );
});
