import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import { expect, it } from 'vitest';
import { canary, hostileEntries, oddButGood } from '../hostile-entries.ts';
import { checkLedger } from '../ledger.ts';
import { report, times } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

/** Largest resident set of a worker that holds some frames of 50 MB for a moment, MiB. */
const memoryLimitMb = 1024;

function peakMemoryMb({ child }: WorkerProcess): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
}

function tally(items: Iterable<readonly [string, number]>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, count] of items) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}

async function droppedByReason(worker: WorkerProcess): Promise<Record<string, number>> {
  const rows = await worker.metric('trinetra_worker_frames_dropped_total');
  return tally(
    [...rows].map(([labels, count]) => [/reason="([^"]*)"/.exec(labels)?.[1] ?? '', count] as const),
  );
}

it('hostile entries are acked and counted by their reason, and the frames among them are served', {
  timeout: 300_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const testStack = stack.use(await startRedisTestStack());
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-hostile-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const fetched: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    fetched.push(request.url);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stack.defer(() => void server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('expected a port');

  const path = join(folder, 'events');
  const worker = stack.use(
    await startWorker({
      ...testStack.env,
      SINK: `ndjson:${path}`,
      CONSUMER_NAME: 'reader',
      STREAM_DELETE_ACKED: 'off',
      LOG_LEVEL: 'debug',
      MAX_FRAME_AGE_MS: '600000',
    }),
  );
  await worker.ready();
  const events = async (): Promise<DetectionEvent[]> => {
    const text = await readFile(path, 'utf8').catch(() => ''); // not there before the first event
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter(Boolean).map((line) => parseDetectionEvent(Buffer.from(line)));
  };
  const untouched = await addSceneFrame(testStack.redis, 0, 'untouched');
  const reference = await waitFor('the reference event', async () =>
    (await events()).find(({ frame_id }) => frame_id === untouched),
  );

  const hostile = await hostileEntries(`http://127.0.0.1:${bound.port}`);
  const rounds = times(2, 20);
  const good: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { streamKey, fields }] of hostile.entries()) {
      await testStack.redis.xadd(streamKey, '*', ...fields);
      // In the very stream that is under attack, and in others.
      const camera = index % 2 === 0 ? 'door' : `cam_${index % 5}`;
      if (index % 4 < 2) good.push(`${camera} ${await addSceneFrame(testStack.redis, 0, camera)}`);
    }
    for (const { streamKey, fields } of await oddButGood())
      good.push(
        `${streamKey.slice('frames:'.length)} ${await testStack.redis.xadd(streamKey, '*', ...fields)}`,
      );
  }

  const expected = tally(hostile.map(({ reason }) => [reason, rounds] as const));
  await waitFor(
    'every entry to have its outcome',
    async () => {
      const counts = Object.values(await droppedByReason(worker)).reduce((sum, count) => sum + count, 0);
      return counts >= hostile.length * rounds && (await events()).length > good.length ? true : undefined;
    },
    200_000,
  );
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  expect(await droppedByReason(worker)).toEqual(expected);
  const served = (await events()).filter(({ frame_id }) => frame_id !== untouched);
  expect(served.map(({ camera_id, frame_id }) => `${camera_id} ${frame_id}`).toSorted()).toEqual(
    good.toSorted(),
  );
  expect(reference.detections.length).toBeGreaterThan(0);
  for (const event of served) {
    expect(event.status).toBe('ok');
    expect(event.detections).toHaveLength(reference.detections.length);
    for (const [index, { bbox }] of event.detections.entries())
      for (const [side, value] of bbox.entries())
        expect(value).toBeCloseTo(reference.detections[index]?.bbox[side] ?? Number.NaN, 2);
  }
  await checkLedger(worker);
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  for (const text of [worker.log(), metrics]) {
    expect(text).not.toContain(canary);
    // What a terminal would act on, or hides: a refused name is told with its escapes written out.
    expect(text).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]|\\u00|(?<!\\)\\n/u);
  }
  expect(fetched).toEqual([]);
  const peakMb = peakMemoryMb(worker);
  expect(peakMb).toBeLessThan(memoryLimitMb);
  expect((await fetch(`${worker.url}/ready`)).status).toBe(200);
  report(
    'hostile entries',
    `${hostile.length * rounds} entries of ${hostile.length} kinds among ${good.length} good frames, in their streams and in others`,
    `${good.length} published, each once; ${Object.entries(expected)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(
        ', ',
      )}; 0 pending, nothing fetched, no raw byte in log or metrics; peak RSS ${peakMb.toFixed(0)} MiB`,
    { frames: good.length, duplicates: 0 },
  );
});
