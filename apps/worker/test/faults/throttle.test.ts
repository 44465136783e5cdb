import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  type FileWorker,
  publishesMore,
  settleUp,
  startFileWorker,
  startPacedLoad,
} from '../redis-scenario.ts';
import { isFullRun, report, variants } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { throttle } from '../throttle.ts';
import { waitFor } from '../worker-process.ts';

/** A run of the demo models takes some tens of milliseconds, and a second at {@link crawl}. */
const timeoutMs = 400;
/** Of one core. */
const crawl = 0.03;

let testStack: RedisTestStack;
beforeAll(async () => {
  testStack = await startRedisTestStack();
});
afterAll(() => testStack[Symbol.asyncDispose]());
beforeEach(async () => {
  await testStack.redis.flushall();
});

const start = (env: Record<string, string> = {}): Promise<FileWorker> =>
  startFileWorker({
    ...testStack.env,
    INFERENCE_TIMEOUT_MS: String(timeoutMs),
    CLAIM_IDLE_MS: '60000',
    ...env,
  });

const pidOf = ({ process: { child } }: FileWorker): number => child.pid ?? 0;

async function sum(worker: FileWorker, name: string): Promise<number> {
  return [...(await worker.process.metric(name)).values()].reduce((total, value) => total + value, 0);
}

/** Waits until runs take longer than they may, for real: a throttle that throttles nothing fails here. */
async function runsAreLate(worker: FileWorker, runs: number, by: string): Promise<void> {
  await waitFor(`${runs} runs to take longer than ${timeoutMs} ms at ${crawl} of a core (${by})`, () =>
    worker.process.log().includes('a call takes longer than it may') ? true : undefined,
  );
  await waitFor(`${runs} runs that failed for their time (${by})`, async () =>
    (await sum(worker, 'trinetra_worker_inference_failures_total')) >= runs ? true : undefined,
  );
}

/** What would be in the output of a process that an ended thread has aborted. */
const aborted = /terminate called|SIGABRT|core dumped|FATAL ERROR/;

function end({ process: { child } }: FileWorker): Promise<true> {
  return waitFor('the worker to end', () =>
    child.exitCode === null && child.signalCode === null ? undefined : true,
  );
}

it('a worker that hardly gets a core gives up the runs that take too long, keeps its threads, and is well once it gets more', async () => {
  await using worker = await start();
  await worker.process.ready();
  using quota = throttle(pidOf(worker));
  await using load = startPacedLoad(testStack.redis, { everyMs: 100 });
  await publishesMore(worker, 8);
  const before = (await worker.published()).length;
  quota.hold(crawl);
  const heldAt = performance.now();
  await runsAreLate(worker, 8, quota.by);
  const meanwhile = (await worker.published()).length - before;
  quota.lift();
  const liftedAt = performance.now();
  const heldMs = liftedAt - heldAt;
  await publishesMore(worker, 16);
  const backMs = performance.now() - liftedAt;
  await load.stop();
  const { entries, duplicates } = await settleUp(worker, testStack);
  expect(duplicates).toBe(0);
  expect(await sum(worker, 'trinetra_worker_engine_restarts_total'), 'no model is loaded again').toBe(0);
  await worker.process.ready();
  expect(await worker.process.stop('SIGTERM')).toBe(0);
  expect(worker.process.log()).not.toMatch(aborted);
  report(
    'a core that the worker hardly gets',
    `${crawl * 100} % of one core by ${quota.by} for ${(heldMs / 1000).toFixed(1)} s under load, INFERENCE_TIMEOUT_MS=${timeoutMs}`,
    `${meanwhile} events meanwhile, 16 more ${Math.round(backMs)} ms after it; ${entries} of ${entries} frames published, ` +
      '0 duplicates, 0 pending; no thread was replaced',
    { frames: entries, duplicates: 0, recoveredMs: backMs },
  );
});

/**
 * Sends SIGTERM while runs take too long, waits for the end, and returns what was written.
 *
 * @param lifted Whether the worker has its cores back by then.
 */
async function stopWhileRunsAreLate(worker: FileWorker, lifted: boolean): Promise<ReadonlySet<string>> {
  await worker.process.ready();
  using quota = throttle(pidOf(worker));
  await using load = startPacedLoad(testStack.redis, { everyMs: 100 });
  await publishesMore(worker, 8);
  quota.hold(crawl);
  await runsAreLate(worker, 1, quota.by);
  worker.process.child.kill('SIGTERM');
  if (lifted) {
    await waitFor('the worker to stop', () => (worker.process.log().includes('stopping') ? true : undefined));
    quota.lift();
  }
  await end(worker);
  await load.stop();
  expect(worker.process.log()).not.toMatch(aborted);
  return load.written;
}

it.runIf(isFullRun)(
  'SIGTERM while runs take too long: what is in flight is finished, and the worker ends with 0',
  async () => {
    await using worker = await start({ STOP_TIMEOUT_MS: '60000' });
    await stopWhileRunsAreLate(worker, true);
    expect(worker.process.child).toMatchObject({ exitCode: 0, signalCode: null });
    expect(await testStack.pending()).toBe(0);
  },
);

it('SIGTERM while runs take too long, and go on to: the worker ends in its time without an abort, and the next one has its frames', async () => {
  await using worker = await start({ STOP_TIMEOUT_MS: '2000' });
  const written = await stopWhileRunsAreLate(worker, false);
  expect(['SIGABRT', 'SIGSEGV']).not.toContain(worker.process.child.signalCode);
  await using next = await start({ INFERENCE_TIMEOUT_MS: '30000' }); // it is not held, and the machine may be busy
  await next.process.ready();
  const first = await worker.published();
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  await waitFor('every frame to be published', async () => {
    const published = new Set([...first, ...(await next.published())]);
    return [...written].every((frame) => published.has(frame)) ? true : undefined;
  });
});

it.each(
  variants([
    ['the models are loaded', null],
    ['the models warm up', 'the embedder tells faces apart'],
  ] as const),
)(
  'a worker that hardly gets a core while %s gets ready all the same, or ends with 1 and says why',
  async (_, line) => {
    await using worker = await start();
    using quota = throttle(pidOf(worker));
    await waitFor('the worker to be alive', async () =>
      (await fetch(`${worker.process.url}/health`).catch(() => undefined))?.ok === true ? true : undefined,
    );
    if (line !== null) await waitFor(line, () => (worker.process.log().includes(line) ? true : undefined));
    quota.hold(crawl);
    await waitFor(`a call to take longer than it may at ${crawl} of a core (${quota.by})`, () =>
      worker.process.log().includes('a call takes longer than it may') ? true : undefined,
    );
    quota.lift();
    const ready = worker.process.ready().then(
      () => true,
      () => false,
    );
    if (await Promise.race([ready, end(worker).then(() => false)])) {
      await addSceneFrame(testStack.redis, 0);
      await publishesMore(worker, 1);
      await worker.process.stop('SIGTERM');
    } else {
      expect(worker.process.child).toMatchObject({ exitCode: 1, signalCode: null });
      expect(worker.process.log()).toMatch(/"msg":"worker failed"/);
    }
    expect(worker.process.log()).not.toMatch(aborted);
  },
);
