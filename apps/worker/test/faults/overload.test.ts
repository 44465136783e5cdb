import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CameraType, cameraTypes } from '@trinetra/contracts';
import { expect, it } from 'vitest';
import { checkLedger } from '../ledger.ts';
import { inFlight, isFullRun, report, times } from '../scenario.ts';
import { scenePicture } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

const cameras = 40;
const maxAgeMs = 2000;
/** Entries a stream holds, as the ingestor trims it: at twice the rate that is served, more than 2 s of a camera. */
const streamLength = 12;
const typeOf = (camera: number): CameraType => cameraTypes[camera % cameraTypes.length] ?? 'others';

interface PublishedEvent {
  readonly camera_id: string;
  readonly camera_type: CameraType;
  readonly frame_id: string;
  readonly ingest_ts: number;
  readonly worker_ts: number;
}

async function readEvents(path: string): Promise<PublishedEvent[]> {
  const text = await readFile(path, 'utf8').catch(() => ''); // not there before the first event
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Writes the next frame of every camera in turn, `framesPerSecond()` in all, for `seconds`; returns how many of each. */
async function writeLoad(
  { redis }: RedisTestStack,
  framesPerSecond: () => number,
  seconds: number,
): Promise<Map<string, number>> {
  const written = new Map<string, number>();
  const pictures = await Promise.all([0, 1, 2, 3].map((moment) => scenePicture(moment)));
  const startedAt = performance.now();
  let due = startedAt;
  for (let index = 0; performance.now() - startedAt < seconds * 1000; index += 1) {
    const camera = index % cameras;
    const name = `cam_${camera}`;
    const fields = ['camera_id', name, 'camera_type', typeOf(camera), 'ingest_ts', String(Date.now() / 1000)];
    const frame = pictures[index % pictures.length] ?? Buffer.alloc(0);
    await redis.xadd(`frames:${name}`, 'MAXLEN', '=', streamLength, '*', ...fields, 'frame', frame);
    written.set(name, (written.get(name) ?? 0) + 1);
    due += 1000 / framesPerSecond();
    await delay(Math.max(0, due - performance.now()));
  }
  return written;
}

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

/** Sum of a metric over the labels that contain `label`. */
async function sumOf(worker: WorkerProcess, name: string, label = ''): Promise<number> {
  const rows = [...(await worker.metric(name))].filter(([labels]) => labels.includes(label));
  return total(rows.map(([, value]) => value));
}

it('40 cameras at twice what a worker can do: the newest frames are served, every other one is accounted for', {
  timeout: 300_000,
}, async () => {
  await using testStack = await startRedisTestStack();
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-overload-'));
  await using _folder = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  const path = join(folder, 'events');
  await using worker = await startWorker({
    ...testStack.env,
    SINK: `ndjson:${path}`,
    CONSUMER_NAME: 'overloaded',
    MAX_FRAME_AGE_MS: String(maxAgeMs),
    STREAM_DELETE_ACKED: 'off',
  });
  await worker.ready();

  const settled = (): Promise<true> =>
    waitFor('every frame to be read or trimmed', async () =>
      (await sumOf(worker, 'trinetra_worker_frames_in_flight')) === 0 &&
      (await sumOf(worker, 'trinetra_worker_frames_unread')) === 0
        ? true
        : undefined,
    );

  // What it can do: all streams are full, and it serves what does not grow stale meanwhile.
  const full = await writeLoad(testStack, () => 10_000, (cameras * streamLength) / 10_000);
  const firstFrames = total(full.values());
  await waitFor('the first event', async () => ((await readEvents(path)).length > 0 ? true : undefined));
  await settled();
  const firstServed = (await readEvents(path)).map(({ worker_ts }) => worker_ts);
  let capacity = firstServed.length / (Math.max(...firstServed) - Math.min(...firstServed));

  const before = (await readEvents(path)).length;
  const seconds = times(8, 120);
  const memory: number[] = [];
  const watching = new AbortController();
  const loadedAt = performance.now();
  const watch = (async (): Promise<void> => {
    while (!watching.signal.aborted) {
      memory.push(await sumOf(worker, 'process_resident_memory_bytes'));
      // More than before, where the machine was busy with something else then.
      const seconds = (performance.now() - loadedAt) / 1000;
      const published = await sumOf(worker, 'trinetra_worker_frames_total', 'outcome="published"');
      if (seconds > 2) capacity = Math.max(capacity, (published - before) / seconds);
      await delay(500, undefined, { signal: watching.signal }).catch(() => undefined);
    }
  })();
  const written = await writeLoad(testStack, () => 2 * capacity, seconds);
  watching.abort();
  await watch;

  await settled();
  await checkLedger(worker);
  expect(await testStack.pending()).toBe(0);

  const events = await readEvents(path);
  const stale = await sumOf(worker, 'trinetra_worker_frames_total', 'outcome="stale"');
  const trimmed = await sumOf(worker, 'trinetra_worker_frames_total', 'outcome="trimmed"');
  const evicted = await sumOf(worker, 'trinetra_worker_frames_evicted_total');
  const frames = firstFrames + total(written.values());
  expect(new Set(events.map(({ camera_id, frame_id }) => `${camera_id} ${frame_id}`)).size).toBe(
    events.length,
  );
  expect(events.length + stale + trimmed + evicted).toBe(frames);

  const served = events.slice(before);
  const ages = served
    .map(({ ingest_ts, worker_ts }) => (worker_ts - ingest_ts) * 1000)
    .toSorted((a, b) => a - b);
  const oldest = ages.at(-1) ?? Number.POSITIVE_INFINITY;
  // A frame may be just young enough when it is read; then what the worker holds already is served before it.
  const servedAt = served.map(({ worker_ts }) => worker_ts).toSorted((a, b) => a - b);
  const holdMs = Math.max(
    0,
    ...servedAt.slice(inFlight).map((at, index) => (at - (servedAt[index] ?? at)) * 1000),
  );
  expect(oldest).toBeLessThan(maxAgeMs + holdMs + 1000);

  const shareOf = (type: CameraType): number => {
    const names = Array.from({ length: cameras }, (_, camera) => camera).filter(
      (camera) => typeOf(camera) === type,
    );
    const sent = total(names.map((camera) => written.get(`cam_${camera}`) ?? 0));
    return served.filter(({ camera_type }) => camera_type === type).length / sent;
  };
  const [billing, entrance, others] = [shareOf('billing'), shareOf('entrance'), shareOf('others')];
  expect(billing).toBeGreaterThan(others);
  expect(entrance).toBeGreaterThan(others);
  // Its share is a frame or two a second: in a short run chance may leave it none.
  if (isFullRun) expect(others, 'the least priority is served too').toBeGreaterThan(0);

  const [early = 1, late = 0] = [memory[Math.ceil(memory.length / 4)], memory.at(-1)];
  const growth = late / early;
  expect(growth).toBeLessThan(1.25);
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  report(
    'overload',
    `${cameras} cameras, ${(2 * capacity).toFixed(0)} frames/s for ${seconds} s, twice what the worker did before`,
    `${events.length} of ${frames} frames published, ${stale} stale, ${evicted + trimmed} evicted, 0 unaccounted for; ` +
      `age when published at most ${oldest.toFixed(0)} ms (MAX_FRAME_AGE_MS=${maxAgeMs}); ` +
      `served of billing ${percent(billing)}, entrance ${percent(entrance)}, others ${percent(others)}; ` +
      `memory ${(early / 1e6).toFixed(0)} MB, then ${(late / 1e6).toFixed(0)} MB`,
    { frames, lost: frames - events.length, duplicates: 0 },
  );
});
