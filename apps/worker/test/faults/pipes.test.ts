import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { fakeTwoGpus } from '../fake-gpus.ts';
import { checkLedger } from '../ledger.ts';
import type { Load } from '../load.ts';
import { startPacedLoad } from '../redis-scenario.ts';
import { isFullRun, report, variants } from '../scenario.ts';
import { addSceneFrames } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

let testStack: RedisTestStack;
let folder = '';
const open = new Set<number>();
let made = 0;

beforeAll(async () => {
  testStack = await startRedisTestStack();
});
afterAll(() => testStack[Symbol.asyncDispose]());
beforeEach(async () => {
  await testStack.redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-pipes-'));
});
afterEach(async () => {
  for (const fd of open) closeSync(fd);
  open.clear();
  await rm(folder, { recursive: true });
});

/** A real pipe whose reader is this test: it reads when it is told to, and goes away when it is told to. */
function makePipe() {
  made += 1;
  const path = join(folder, `pipe-${made}`);
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  open.add(reader);
  open.add(writer);
  const close = (fd: number): void => {
    if (open.delete(fd)) closeSync(fd);
  };
  const chunk = Buffer.alloc(65_536);
  let text = '';
  /** All that is there so far. */
  const read = (): string => {
    for (;;) {
      try {
        const bytes = readSync(reader, chunk);
        if (bytes === 0) return text;
        text += chunk.subarray(0, bytes).toString('utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return text;
        throw error;
      }
    }
  };
  return { path, writer, read, given: () => close(writer), leave: () => close(reader) };
}

const framesIn = (text: string): string[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => String(JSON.parse(line).frame_id));

async function sinkCheck({ url }: WorkerProcess): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5000) });
  return { status: response.status, text: JSON.stringify(JSON.parse(await response.text()).checks?.sink) };
}

const settings = (sink: string) => ({
  ...testStack.env,
  SINK: sink,
  CONSUMER_NAME: 'reader',
  CLAIM_IDLE_MS: '2000',
});

it('SINK=stdout whose reader goes away, as head does: the worker ends with 1 and says why, and no frame is lost', async () => {
  const pipe = makePipe();
  await using worker = await startWorker(settings('stdout'), { output: [pipe.writer, 'pipe'] });
  pipe.given();
  await worker.ready();
  await using load = startPacedLoad(testStack.redis);
  await waitFor('an event', () => (framesIn(pipe.read()).length > 0 ? true : undefined));
  const taken = framesIn(pipe.read());
  pipe.leave();
  await waitFor('the worker to end', () => (worker.child.exitCode === null ? undefined : true));
  await load.stop();
  expect(worker.child.exitCode).toBe(1);
  expect(worker.log()).toContain('nobody reads standard output any more');

  const next = makePipe();
  await using later = await startWorker(settings('stdout'), { output: [next.writer, 'pipe'] });
  next.given();
  await later.ready();
  const wanted = [...load.written].map((name) => name.split(' ')[1] ?? '');
  await waitFor('every frame to be printed', () => {
    const printed = new Set([...taken, ...framesIn(next.read())]);
    return wanted.every((frame) => printed.has(frame)) ? true : undefined;
  });
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  await checkLedger(later);
  report(
    'SINK=stdout, the reader goes away',
    `after ${taken.length} events, under load`,
    `exit code 1 with a sentence; ${wanted.length} of ${wanted.length} frames printed by it and the next worker, 0 pending`,
    { frames: wanted.length },
  );
});

it.runIf(isFullRun)(
  'workers of several GPUs whose common standard output loses its reader all end with 1',
  async () => {
    await using gpus = await fakeTwoGpus();
    const pipe = makePipe();
    const env = {
      ...settings('stdout'),
      PATH: gpus.PATH,
      EXECUTION_PROVIDERS: 'cpu',
      INFERENCE_THREADS: '1',
    };
    await using fleet = await startWorker(env, { args: ['--gpus', 'all'], output: [pipe.writer, 'pipe'] });
    pipe.given();
    await fleet.ready();
    await using load = startPacedLoad(testStack.redis);
    await waitFor('an event', () => (framesIn(pipe.read()).length > 0 ? true : undefined));
    pipe.leave();
    await waitFor('the fleet to end', () => (fleet.child.exitCode === null ? undefined : true));
    await load.stop();
    expect(fleet.child.exitCode).toBe(1);
    expect(fleet.log()).toContain('nobody reads standard output any more');
  },
);

it.each(['stdout', 'a named pipe'])(
  'SINK to %s whose reader does not read: /ready says so, everything comes once it reads, and SIGTERM is not held up',
  async (kind) => {
    const pipe = makePipe();
    await using worker =
      kind === 'stdout'
        ? await startWorker(settings('stdout'), { output: [pipe.writer, 'pipe'] })
        : await startWorker(settings(`ndjson:${pipe.path}`));
    pipe.given();
    await worker.ready();
    const stall = async (): Promise<{ load: Load; said: string }> => {
      await using stack = new AsyncDisposableStack();
      const load = stack.use(startPacedLoad(testStack.redis));
      const said = await waitFor('/ready to name the sink', async () => {
        const check = await sinkCheck(worker);
        return check.status === 503 ? check.text : undefined;
      });
      return { load, said };
    };
    const { load, said } = await stall();
    expect(said).toMatch(/has taken nothing for \d+ s/);
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    const wanted = [...load.written].map((name) => name.split(' ')[1] ?? '');
    await waitFor('every frame to be printed', () => {
      const printed = new Set(framesIn(pipe.read()));
      return wanted.every((frame) => printed.has(frame)) ? true : undefined;
    });
    await waitFor('nothing to be pending', async () =>
      (await testStack.pending()) === 0 ? true : undefined,
    );
    await worker.ready();
    await checkLedger(worker);
    expect(framesIn(pipe.read())).toHaveLength(wanted.length);

    await stall();
    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(worker.log()).not.toContain('not finished in time');
  },
);

/** Entries that are refused, with a line each at level debug: more than a pipe holds. */
async function chatter(): Promise<void> {
  const fields = { camera_id: 'cam', camera_type: 'entrance', ingest_ts: '1', frame: 'x' };
  for (let index = 0; index < 600; index += 1) {
    await testStack.redis.xadd('frames:cam', '*', ...Object.entries(fields).flat());
  }
}

it.each(
  variants([
    ['does not read', false],
    ['goes away', true],
  ] as const),
)('a log whose reader %s costs the log and nothing else', async (_, leaves) => {
  const pipe = makePipe();
  const events = join(folder, 'events');
  await using worker = await startWorker(
    { ...settings(`ndjson:${events}`), LOG_LEVEL: 'debug' },
    { output: ['pipe', pipe.writer] },
  );
  pipe.given();
  await worker.ready();
  if (leaves) pipe.leave();
  await chatter();
  const ids = await addSceneFrames(testStack.redis, 12);
  await waitFor('every frame to be published', () => {
    const published = framesIn(readFileSync(events, 'utf8'));
    return ids.every((id) => published.includes(id)) ? true : undefined;
  });
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  expect((await fetch(`${worker.url}/ready`)).status).toBe(200);
  expect(await worker.stop('SIGTERM')).toBe(0);
});
