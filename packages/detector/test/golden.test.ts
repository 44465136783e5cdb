import { existsSync, readFileSync } from 'node:fs';
import type { Xyxy } from '@trinetra/contracts';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { goldenNames, sharedFolder } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDetector, type Detection, type Detector } from '../src/detector.ts';
import { iou } from '../src/nms.ts';
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
    expect(detector).toMatchObject({ inputWidth: 640, inputHeight: 640, batchSize: null });
    expect(detector.classNames[0]).toBe('person');
    expect(Object.keys(detector.classNames)).toHaveLength(80);
  });

  it.each(goldenNames)('%s', async (name) => {
    const golden = goldenOf(name);
    const [found = []] = await detector.detect([await load(golden)]);
    expectPersons(found, golden);
  });

  it('are the same in a batch of photos', async () => {
    const batch = goldenNames.slice(2, 6).map(goldenOf);
    const found = await detector.detect(await Promise.all(batch.map(load)));
    for (const [index, golden] of batch.entries()) expectPersons(found[index] ?? [], golden);
  });
});
