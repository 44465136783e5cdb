import { existsSync, readFileSync } from 'node:fs';
import type { Xyxy } from '@trinetra/contracts';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { goldenNames, sharedFolder } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDetector, type Detector } from '../src/detector.ts';
import type { Detection } from '../src/detector-frame.ts';
import { iou } from '../src/nms.ts';
import { detectAll } from './detect-all.ts';
import { letterboxPhoto } from './letterbox.ts';

interface Golden {
  readonly image: string;
  readonly letterbox: Parameters<typeof letterboxPhoto>[1];
  readonly near_misses: readonly number[];
  readonly persons: readonly { readonly box: Xyxy; readonly confidence: number }[];
}

const path = (name: string): string => new URL(name, sharedFolder).pathname;
const goldenOf = (name: string): Golden =>
  JSON.parse(readFileSync(path(`golden/${name}.json`), 'utf8')) as Golden;

const loaded = new Map<string, ReturnType<typeof letterboxPhoto>>();
function load(golden: Golden): ReturnType<typeof letterboxPhoto> {
  const frame = loaded.get(golden.image) ?? letterboxPhoto(path(`photos/${golden.image}`), golden.letterbox);
  loaded.set(golden.image, frame);
  return frame;
}

function overlap(a: Xyxy, b: Xyxy): number {
  const box = ([x1, y1, x2, y2]: Xyxy) => ({ x1, y1, x2, y2, confidence: 1, classId: 0, index: 0 });
  return iou(box(a), box(b));
}

/** Same persons, with the largest difference of confidences and the smallest overlap. */
function agreementOf(
  found: readonly Detection[],
  full: readonly Detection[],
): { confidence: number; iou: number } {
  const agreement = { confidence: 0, iou: 1 };
  for (const { bbox, confidence } of full) {
    const match = found.toSorted((a, b) => overlap(b.bbox, bbox) - overlap(a.bbox, bbox))[0];
    agreement.iou = Math.min(agreement.iou, match === undefined ? 0 : overlap(match.bbox, bbox));
    agreement.confidence = Math.max(agreement.confidence, Math.abs((match?.confidence ?? 0) - confidence));
  }
  return agreement;
}

/** Same persons, within the tolerances that shared/models/README.md states. */
function expectPersons(found: readonly Detection[], golden: Golden): void {
  const left = new Set(found);
  for (const { box, confidence } of golden.persons) {
    const match = [...left].find(({ bbox }) => overlap(bbox, box) >= 0.98);
    if (match === undefined && confidence < 0.38) continue;
    if (match === undefined) throw new Error(`expected a person at ${box}, confidence ${confidence}`);
    expect(Math.abs(match.confidence - confidence)).toBeLessThanOrEqual(0.02);
    left.delete(match);
  }
  for (const { confidence, bbox } of left) {
    const near = golden.near_misses.some((score) => Math.abs(score - confidence) <= 0.02);
    if (!near) throw new Error(`expected nobody at ${bbox}, confidence ${confidence}`);
  }
  expect(found.map(({ confidence }) => confidence)).toEqual(
    found.map(({ confidence }) => confidence).toSorted((a, b) => b - a),
  );
}

describe.skipIf(!existsSync(sharedFolder))('the persons of the golden photos (needs ../shared)', () => {
  let runtime: InferenceRuntime;
  let detector: Detector;
  beforeAll(async () => {
    runtime = await createInferenceRuntime({ intraOpThreads: 2 });
    detector = createDetector({ model: await runtime.loadModel(path('models/yolov8n.onnx')) });
  });
  afterAll(() => runtime.close());

  it('come with the names of the classes, a size and no fixed batch', () => {
    expect(detector).toMatchObject({ inputSizes: [{ width: 640, height: 640 }], batchSize: null });
    expect(detector.classNames[0]).toBe('person');
    expect(Object.keys(detector.classNames)).toHaveLength(80);
  });

  it.each(goldenNames)('%s', async (name) => {
    const golden = goldenOf(name);
    const [found = []] = await detectAll(detector, [await load(golden)]);
    expectPersons(found, golden);
  });

  it('are the same in a batch of photos', async () => {
    const batch = goldenNames.slice(2, 6).map(goldenOf);
    const found = await detectAll(detector, await Promise.all(batch.map(load)));
    for (const [index, golden] of batch.entries()) expectPersons(found[index] ?? [], golden);
  });
});

describe.skipIf(!existsSync(sharedFolder))('the golden photos in half precision (needs ../shared)', () => {
  it('have the persons of the golden cases, and differ from full precision by less than 0.3 %', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 2 });
    const detectorOf = async (name: string): Promise<Detector> =>
      createDetector({ model: await runtime.loadModel(path(`models/${name}`)), framesPerRun: 1 });
    const [full, half] = [await detectorOf('yolov8n.onnx'), await detectorOf('yolov8n_fp16.onnx')];
    const worst = { confidence: 0, iou: 1, persons: 0 };
    for (const golden of goldenNames.map(goldenOf)) {
      const frame = await load(golden);
      const [[expected = []], [found = []]] = await Promise.all([
        detectAll(full, [frame]),
        detectAll(half, [frame]),
      ]);
      expectPersons(found, golden);
      expect(found).toHaveLength(expected.length);
      const { confidence, iou: least } = agreementOf(found, expected);
      worst.confidence = Math.max(worst.confidence, confidence);
      worst.iou = Math.min(worst.iou, least);
      worst.persons += expected.length;
    }
    expect(worst.persons).toBeGreaterThan(20);
    expect(worst.confidence, JSON.stringify(worst)).toBeLessThan(0.003);
    expect(worst.iou, JSON.stringify(worst)).toBeGreaterThan(0.98);
  });
});
