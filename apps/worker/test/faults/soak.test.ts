import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkLedger } from '../ledger.ts';
import { startFileWorker, startPacedLoad } from '../redis-scenario.ts';
import { report, times } from '../scenario.ts';
import { addSceneFrames } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

/** Half an hour is asked for by SOAK_SECONDS=1800. */
const seconds = Number(process.env['SOAK_SECONDS'] ?? times(14, 120));
/** A leak of megabytes a second shows at once. */
const leakSeconds = Math.min(seconds, 60);

/** One look at a worker. */
interface Sample {
  readonly frames: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly handles: number;
  readonly redisClients: number;
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * What grew between the third and the last quarter of a run, by more than noise and 1 KB a frame; empty where nothing did.
 * The first half is left to caches and pools.
 */
function findGrowth(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  const [before, after] = [samples.slice(2 * quarter, 3 * quarter), samples.slice(3 * quarter)];
  const rise = (read: (sample: Sample) => number): number =>
    middle(after.map(read)) - middle(before.map(read));
  const frames = rise((sample) => sample.frames);
  const limits: [keyof Sample, number][] = [
    ['residentBytes', 32e6 + 1000 * frames],
    ['heapBytes', 16e6 + 1000 * frames],
    ['handles', 2], // a connection or a timer more at one look than at another
    ['redisClients', 0],
  ];
  return limits.flatMap(([name, limit]) => {
    const grown = rise((sample) => sample[name]);
    return grown > limit ? [`${name} grew by ${grown} over ${frames} frames`] : [];
  });
}

/** Runs a worker at 80 % of what it can do. */
async function soak(
  testStack: RedisTestStack,
  forSeconds: number,
  env: Record<string, string> = {},
): Promise<{ samples: Sample[]; log: string }> {
  await testStack.redis.flushall();
  await using worker = await startFileWorker({ ...testStack.env, STREAM_DELETE_ACKED: 'on', ...env });
  const { process: running } = worker;
  const sum = async (name: string): Promise<number> =>
    [...(await running.metric(name)).values()].reduce((total, value) => total + value, 0);
  const published = (): Promise<number> => sum('trinetra_worker_frames_processed_total');
  await running.ready();
  const measuredFrames = times(80, 200);
  await addSceneFrames(testStack.redis, 1, 'cam_0');
  await waitFor('the first frame', async () => ((await published()) >= 1 ? true : undefined));
  const startedAt = performance.now();
  for (let index = 0; index < measuredFrames; index += 4) await addSceneFrames(testStack.redis, 4, 'cam_0');
  await waitFor('the capacity to be known', async () =>
    (await published()) >= measuredFrames ? true : undefined,
  );
  const framesPerSecond = measuredFrames / ((performance.now() - startedAt) / 1000);

  await using _load = startPacedLoad(testStack.redis, { everyMs: 1000 / (0.8 * framesPerSecond) });
  const samples: Sample[] = [];
  const end = performance.now() + forSeconds * 1000;
  while (performance.now() < end) {
    const clients = String(await testStack.redis.client('LIST'));
    samples.push({
      frames: await published(),
      residentBytes: await sum('process_resident_memory_bytes'),
      heapBytes: await sum('nodejs_heap_size_used_bytes'),
      handles: await sum('nodejs_active_handles_total'),
      redisClients: clients.trim().split('\n').length,
    });
    await delay(200);
  }
  await checkLedger(running);
  return { samples, log: running.log() };
}

it('at 80 % load nothing grows, nothing warns, and an injected leak is seen', {
  timeout: (seconds + leakSeconds + 240) * 1000,
}, async () => {
  await using testStack = await startRedisTestStack();
  const { samples, log } = await soak(testStack, seconds);
  expect(findGrowth(samples)).toEqual([]);
  expect(log).not.toMatch(/warning|unhandled|"level":"(warn|error)"/i);

  const leak = fileURLToPath(new URL('../inject-leak.mjs', import.meta.url));
  const leaking = await soak(testStack, leakSeconds, { NODE_OPTIONS: `--import=${leak}` });
  const [seen] = findGrowth(leaking.samples);
  expect(seen).toMatch(/^residentBytes/);

  const [first, last] = [samples[Math.floor(samples.length / 2)], samples.at(-1)];
  const megabytes = (bytes = 0): string => `${(bytes / 1e6).toFixed(0)} MB`;
  report(
    'soak',
    `80 % load for ${seconds} s, ${(last?.frames ?? 0) - (samples[0]?.frames ?? 0)} frames; then ${leakSeconds} s with an injected leak`,
    `resident memory ${megabytes(first?.residentBytes)} at half-time, ${megabytes(last?.residentBytes)} at the end; ` +
      `heap ${megabytes(first?.heapBytes)}, ${megabytes(last?.heapBytes)}; ` +
      `${last?.handles} handles, ${last?.redisClients} Redis clients, unchanged; no warning. The injected leak was seen`,
  );
});
