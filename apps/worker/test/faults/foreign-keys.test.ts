import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { publishesMore, settleUp, startFileWorker, startPacedLoad } from '../redis-scenario.ts';
import { isFullRun, report } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

const foreignKeys = isFullRun ? 2_500_000 : 1_000_000;
/** A round takes about 15 s a million keys; the machine may be busy. */
const longestWaitMs = 20_000 + (foreignKeys / 1e6) * 40_000;
/** The first round may take half of Redis and ends in a fraction of this: a shorter time would measure that round alone. */
const watchedMs = (foreignKeys / 1e6) * 12_000;

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

it('millions of keys of others cost neither them nor the cameras anything', {
  timeout: 400_000,
}, async () => {
  await using testStack = await startRedisTestStack({ settings: { 'enable-debug-command': 'local' } });
  await testStack.redis.call('DEBUG', 'POPULATE', foreignKeys, 'session', 16);
  await using load = startPacedLoad(testStack.redis);
  await using worker = await startFileWorker(testStack.env);
  await worker.process.ready();
  await publishesMore(worker, 8);

  let [asked, unready] = [0, 0];
  const watching = new AbortController();
  const watch = (async (): Promise<void> => {
    while (!watching.signal.aborted) {
      const { status } = await fetch(`${worker.process.url}/ready`);
      asked += 1;
      if (status !== 200) unready += 1;
      await delay(50);
    }
  })();
  const [startedAt, cpu] = [performance.now(), cpuSeconds(testStack.server.pid)];
  const waits: number[] = [];
  for (const camera of ['new_1', 'new_2']) {
    const addedAt = performance.now();
    const id = await addSceneFrame(testStack.redis, 0, camera);
    await waitFor(
      `${camera} to be found`,
      async () => ((await worker.published()).includes(`${camera} ${id}`) ? true : undefined),
      longestWaitMs,
    );
    waits.push((performance.now() - addedAt) / 1000);
  }
  await delay(Math.max(0, watchedMs - (performance.now() - startedAt)));
  const seconds = (performance.now() - startedAt) / 1000;
  const share = (cpuSeconds(testStack.server.pid) - cpu) / seconds;
  watching.abort();
  await watch;
  await load.stop();
  const { entries, duplicates } = await settleUp(worker, testStack);
  report(
    'keys of others',
    `${foreignKeys} keys in the Redis of 4 cameras under load, then 2 new cameras`,
    `new cameras found after ${waits.map((wait) => wait.toFixed(1)).join(' and ')} s; ${(100 * share).toFixed(0)} % of a core for Redis with ` +
      `the load; /ready said no ${unready} of ${asked} times; ${entries} of ${entries} frames published, ${duplicates} duplicates`,
    { frames: entries, duplicates },
  );
  expect(unready).toBe(0);
  expect(duplicates).toBe(0);
  expect(share).toBeLessThan(0.35);
});
