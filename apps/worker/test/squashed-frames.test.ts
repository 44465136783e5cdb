import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import { startRedis } from '@trinetra/local-servers';
import { type Box, cases, dot, type GoldenCase, iou, photo } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// Of the package's inside: what cv2.resize does, to the bit, is what the ingestor does.
import { resizeLinear } from '../../../packages/frame-decoder/src/resize-linear.ts';
import { variants } from './scenario.ts';
import {
  hasShared,
  shared,
  sharedModels,
  startWorker,
  type WorkerProcess,
  waitFor,
} from './worker-process.ts';

interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function pixelsOf(picture: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const encode = ({ data, width, height }: Pixels): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();

/** As the ingestor does: cv2.resize to 640x640 whatever the aspect, JPEG of quality 85. */
const squash = (picture: Pixels): Promise<Buffer> => encode(resizeLinear(picture, 640, 640));

/** The middle of a picture, of some aspect and as large as it gets. */
async function middle(picture: Buffer, aspect: number): Promise<Pixels> {
  const { width = 0, height = 0 } = await sharp(picture).metadata();
  const [w, h] = [Math.min(width, height * aspect), Math.min(height, width / aspect)].map(Math.floor);
  const [left, top] = [Math.floor((width - (w ?? 0)) / 2), Math.floor((height - (h ?? 0)) / 2)];
  return pixelsOf(
    await sharp(picture)
      .extract({ left, top, width: w ?? 1, height: h ?? 1 })
      .toBuffer(),
  );
}

const idOf = (prefix: string, { image }: GoldenCase): string => `${prefix}_${image.replace(/\W.*$/, '')}`;

/** The share of values below which `share` of them lie, as numpy.percentile has it. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (at - Math.floor(at)) * (high - low);
}

/** A worker on a Redis of its own, whose events go to a file. */
class Scenario implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #file: string;
  readonly redis: Redis;
  readonly worker: WorkerProcess;

  private constructor(redis: Redis, worker: WorkerProcess, file: string) {
    this.redis = redis;
    this.worker = worker;
    this.#file = file;
  }

  static async start(env: Record<string, string>): Promise<Scenario> {
    const stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), 'trinetra-squashed-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const server = await startRedis();
    stack.defer(() => server.close());
    const redis = new Redis(server.url);
    stack.defer(() => redis.disconnect());
    const file = join(folder, 'events.ndjson');
    const worker = stack.use(
      await startWorker({ ...sharedModels(), ...env, REDIS_URL: server.url, SINK: `ndjson:${file}` }),
    );
    await worker.ready();
    const scenario = new Scenario(redis, worker, file);
    scenario.#stack.use(stack);
    return scenario;
  }

  async send(
    cameraId: string,
    frame: Buffer,
    size?: { readonly width: number; readonly height: number },
  ): Promise<DetectionEvent> {
    const fields = ['camera_id', cameraId, 'camera_type', 'entrance', 'ingest_ts', String(Date.now() / 1000)];
    const sizes = size === undefined ? [] : ['width', size.width, 'height', size.height];
    const id = await this.redis.xadd(`frames:${cameraId}`, '*', ...fields, 'frame', frame, ...sizes);
    return waitFor(`the event of ${cameraId}`, () =>
      readFileSync(this.#file, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}') && line.includes(String(id)))
        .map((line) => parseDetectionEvent(Buffer.from(line)))
        .find((event) => event.camera_id === cameraId && event.frame_id === id),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

interface Agreement {
  readonly persons: number;
  readonly found: number;
  readonly overlaps: number[];
  readonly cosines: number[];
}

/** Gives each golden person the detection that overlaps it most, once. */
function compare(event: DetectionEvent, golden: GoldenCase): Agreement {
  const free = new Set(event.detections.keys());
  const [overlaps, cosines]: [number[], number[]] = [[], []];
  for (const { box_norm: box, face } of golden.persons) {
    const overlapOf = (at: number): number => iou(event.detections[at]?.bbox as Box, box);
    const [best] = [...free].toSorted((a, b) => overlapOf(b) - overlapOf(a));
    if (best === undefined || overlapOf(best) < 0.5) continue;
    free.delete(best);
    overlaps.push(overlapOf(best));
    if (face !== null) cosines.push(dot(event.embeddings[best] ?? [], face.embedding));
  }
  return { persons: golden.persons.length, found: overlaps.length, overlaps, cosines };
}

const sum = (all: readonly Agreement[]): Agreement => ({
  persons: all.reduce((total, { persons }) => total + persons, 0),
  found: all.reduce((total, { found }) => total + found, 0),
  overlaps: all.flatMap(({ overlaps }) => overlaps),
  cosines: all.flatMap(({ cosines }) => cosines),
});

describe.skipIf(!hasShared)('frames as the ingestor squashes them (needs ../shared)', () => {
  let scenario: Scenario;

  beforeAll(async () => {
    const told = cases.map((golden) => `${idOf('told', golden)}=${golden.width}x${golden.height}`);
    scenario = await Scenario.start({
      CAMERA_ASPECTS: [...told, 'portrait_*=9:16', 'four_by_three_*=4:3'].join(','),
    });
  });
  afterAll(() => scenario[Symbol.asyncDispose]());

  async function sendAll(prefix: string, withSizes: boolean): Promise<Agreement> {
    const all: Agreement[] = [];
    for (const golden of cases) {
      const frame = await squash(await pixelsOf(photo(golden.image)));
      all.push(
        compare(await scenario.send(idOf(prefix, golden), frame, withSizes ? golden : undefined), golden),
      );
    }
    return sum(all);
  }

  const ways = [
    ['the size of the picture in the entry', 'sized', true],
    ['the aspect of the camera in CAMERA_ASPECTS', 'told', false],
  ] as const;
  it.each(variants(ways))(
    'with %s, everybody is found in the right place, and faces are the same',
    async (_, prefix, sizes) => {
      const { persons, found, overlaps, cosines } = await sendAll(prefix, sizes);
      expect([found, persons]).toEqual([35, 35]);
      expect(percentile(overlaps, 0.05)).toBeGreaterThanOrEqual(0.95);
      expect(percentile(cosines, 0.5)).toBeGreaterThanOrEqual(0.94);
    },
  );

  it('with nothing told, 16:9 is assumed, and nearly everybody is found', async () => {
    const { found, cosines } = await sendAll('untold', false);
    expect(found).toBeGreaterThanOrEqual(33);
    expect(percentile(cosines, 0.5)).toBeGreaterThanOrEqual(0.78);
  });

  const aspects = [
    ['portrait', 9 / 16],
    ['four_by_three', 4 / 3],
  ] as const;
  it.each(variants(aspects))('gives for a %s camera what its whole picture gives', async (prefix, aspect) => {
    const all: Agreement[] = [];
    for (const golden of cases.filter(({ image }) => image.startsWith('group'))) {
      const picture = await middle(photo(golden.image), aspect);
      const whole = await scenario.send(idOf(`whole_${prefix}`, golden), await encode(picture));
      const squashed = await scenario.send(idOf(prefix, golden), await squash(picture));
      const sure = whole.detections.flatMap((detection, at) => (detection.confidence >= 0.45 ? [at] : []));
      const persons = sure.map((at) => ({
        confidence: whole.detections[at]?.confidence ?? 0,
        box_norm: whole.detections[at]?.bbox as Box,
        face: null,
      }));
      all.push(compare(squashed, { ...golden, persons }));
    }
    const { persons, found, overlaps } = sum(all);
    expect(persons).toBeGreaterThan(5);
    expect(found).toBe(persons);
    expect(percentile(overlaps, 0.5)).toBeGreaterThan(0.95);
  });

  it('counts where aspects came from, and says it once a camera', async () => {
    const counted = await scenario.worker.metric('trinetra_worker_frame_aspects_total');
    expect([...counted.keys()].toSorted()).toEqual(
      ['camera_aspects', 'entry', 'frame', 'frame_aspect'].map((source) => `{source="${source}"}`),
    );
    const golden = cases[0] as GoldenCase;
    const frame = await squash(await pixelsOf(photo(golden.image)));
    for (let times = 0; times < 3; times += 1) await scenario.send('cam_once', frame);
    const lines = scenario.worker
      .log()
      .split('\n')
      .filter((line) => line.includes('"cam_once"') && line.includes('aspect'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('FRAME_ASPECT');
  });
});

describe.skipIf(!hasShared)('a detector with open sides beside one of 640x640 (needs ../shared)', () => {
  const open = fileURLToPath(new URL('models/yolov8n_dynamic.onnx', shared));
  let square: Scenario;

  beforeAll(async () => {
    square = await Scenario.start({
      YOLO_ENGINE_PATH: open,
      DETECTOR_SHAPES: 'square',
      FRAME_ASPECT: 'keep',
    });
  });
  afterAll(() => square[Symbol.asyncDispose]());

  it('takes frames as they are with FRAME_ASPECT=keep', async () => {
    const golden = cases.find(({ image }) => image === 'group_03.jpg') as GoldenCase;
    const frame = await squash(await pixelsOf(photo(golden.image)));
    expect(compare(await square.send('cam_kept', frame), golden).found).toBe(2);
    expect([...(await square.worker.metric('trinetra_worker_frame_aspects_total')).keys()]).toEqual([
      '{source="frame"}',
    ]);
  });

  it('finds the same persons at the inputs that hold the frames, and tells these in /ready', async () => {
    await using auto = await Scenario.start({ YOLO_ENGINE_PATH: open, FRAME_ASPECT: 'keep' });
    const ready = async (scenario: Scenario): Promise<string[]> => {
      const answer = (await (await fetch(`${scenario.worker.url}/ready`)).json()) as {
        checks: { models: { detail: { detector: { inputSizes: string[] } } } };
      };
      return answer.checks.models.detail.detector.inputSizes;
    };
    expect(await ready(square)).toEqual(['640x640']);
    expect(await ready(auto)).toEqual(['640x384', '384x640', '640x480', '480x640', '640x640']);
    const overlaps: number[] = [];
    for (const golden of cases) {
      const picture = photo(golden.image);
      const both = [await square.send('cam_a', picture), await auto.send('cam_a', picture)];
      for (const [wanted, found] of [both, both.toReversed()]) {
        for (const { bbox, confidence } of wanted?.detections ?? []) {
          if (confidence < 0.4) continue; // within 0.05 of the threshold: the other may miss it
          const overlap = Math.max(
            0,
            ...(found?.detections ?? []).map((one) => iou(one.bbox as Box, bbox as Box)),
          );
          expect(overlap, `${golden.image}: ${confidence}`).toBeGreaterThan(0.9);
          overlaps.push(overlap);
        }
      }
    }
    // The cells of the model lie elsewhere in the picture. Two boxes of one photo, of persons who overlap, move by more.
    expect(overlaps.length).toBeGreaterThan(60);
    expect(overlaps.filter((overlap) => overlap < 0.95).length).toBeLessThanOrEqual(4);
  });
});
