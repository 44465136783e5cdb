import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from './cli.ts';
import { type FakeGpus, fakeTwoGpus } from './fake-gpus.ts';
import {
  type FileWorker,
  publishesMore,
  settleUp,
  startFileWorker,
  startPacedLoad,
} from './redis-scenario.ts';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';
import { waitFor } from './worker-process.ts';

let testStack: RedisTestStack;
let gpus: FakeGpus;

beforeAll(async () => {
  [testStack, gpus] = await Promise.all([startRedisTestStack(), fakeTwoGpus()]);
});
afterAll(async () => {
  await gpus[Symbol.asyncDispose]();
  await testStack[Symbol.asyncDispose]();
});
beforeEach(() => testStack.redis.flushall());

const cpu = { EXECUTION_PROVIDERS: 'cpu', INFERENCE_THREADS: '1', INTRA_OP_THREADS: '1' };

const startFleet = (list: string, extra: Record<string, string> = {}): Promise<FileWorker> =>
  startFileWorker(
    { ...testStack.env, ...cpu, PATH: gpus.PATH, CONSUMER_NAME: 'box', ...extra },
    { args: ['--gpus', list] },
  );

interface Member {
  readonly ok: boolean;
  readonly detail: {
    readonly state: string;
    readonly pid: number;
    readonly restarts: number;
    readonly lastEnd?: number | string;
    readonly checks?: Readonly<Record<string, { readonly ok: boolean }>>;
  };
}

/** What `/ready` of the fleet says, with its status. */
async function readyOf({
  process: { url },
}: FileWorker): Promise<{ status: number; of: Record<string, Member> }> {
  const response = await fetch(`${url}/ready`);
  const { ready, checks } = (await response.json()) as { ready: boolean; checks: Record<string, Member> };
  expect(response.status).toBe(ready ? 200 : 503);
  return { status: response.status, of: checks };
}

/** Waits until the worker of a GPU is as wanted, and gives it. */
function memberThat(
  fleet: FileWorker,
  gpu: number,
  what: string,
  is: (one: Member) => boolean,
): Promise<Member> {
  return waitFor(`the worker of GPU ${gpu} to be ${what}`, async () => {
    if (fleet.process.child.exitCode !== null) throw new Error(`the fleet ended:\n${fleet.process.log()}`);
    const one = (await readyOf(fleet)).of[`gpu${gpu}`];
    return one !== undefined && is(one) ? one : undefined;
  });
}

async function listens(fleet: FileWorker): Promise<void> {
  await waitFor('the port of the fleet', () =>
    fetch(`${fleet.process.url}/health`).then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined, // not open yet
    ),
  ).catch((cause: unknown) => {
    throw new Error(`no fleet:\n${fleet.process.log()}`, { cause });
  });
}

/** The pids of both workers. */
async function bothReady(fleet: FileWorker): Promise<[number, number]> {
  await listens(fleet);
  const pidOf = async (gpu: number): Promise<number> =>
    (await memberThat(fleet, gpu, 'ready', ({ ok }) => ok)).detail.pid;
  return [await pidOf(0), await pidOf(1)];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const gone = (...pids: number[]): Promise<true> =>
  waitFor('the workers to end', () => (pids.some(isAlive) ? undefined : true));

const metricOf = async (fleet: FileWorker, name: string, labels: string): Promise<number | undefined> =>
  (await fleet.process.metric(name)).get(labels);

/** Frames that the current worker of a GPU has put through its models. */
async function processed(fleet: FileWorker, gpu: number): Promise<number> {
  const rows = [...(await fleet.process.metric('trinetra_worker_frames_processed_total'))];
  return rows.reduce((sum, [labels, count]) => sum + (labels.startsWith(`{gpu="${gpu}",`) ? count : 0), 0);
}

it('starts one worker a GPU, which sees that GPU alone, and starts one that is killed while the other serves on', async () => {
  await using fleet = await startFleet('all', { CLAIM_IDLE_MS: '1000' });
  const [first, second] = await bothReady(fleet);
  await using load = startPacedLoad(testStack.redis);
  const environment = (await readFile(`/proc/${second}/environ`, 'utf8')).split('\0');
  expect(environment).toEqual(
    expect.arrayContaining(['CUDA_VISIBLE_DEVICES=1', 'GPU_DEVICE_ID=0', 'CUDA_DEVICE_ORDER=PCI_BUS_ID']),
  );
  for (const gpu of [0, 1]) {
    await waitFor(`GPU ${gpu} to serve`, async () => ((await processed(fleet, gpu)) > 4 ? true : undefined));
  }

  process.kill(second, 'SIGKILL');
  const dead = await memberThat(fleet, 1, 'away', ({ ok, detail }) => !ok && detail.lastEnd !== undefined);
  expect(dead.detail.lastEnd).toBe('SIGKILL');
  expect((await readyOf(fleet)).status).toBe(200);
  await publishesMore(fleet, 8);
  const back = await memberThat(fleet, 1, 'ready again', ({ ok }) => ok);
  expect(back.detail).toMatchObject({ state: 'running', restarts: 1 });
  expect(back.detail.pid).not.toBe(second);
  await waitFor('the new worker to serve', async () => ((await processed(fleet, 1)) > 0 ? true : undefined));
  expect(isAlive(first)).toBe(true);
  expect(await metricOf(fleet, 'trinetra_worker_restarts_total', '{gpu="0"}')).toBe(0);
  expect(await metricOf(fleet, 'trinetra_worker_restarts_total', '{gpu="1"}')).toBe(1);

  const text = await (await fetch(`${fleet.process.url}/metrics`)).text();
  const named = text.match(/^# TYPE \S+/gm) ?? [];
  expect(new Set(named).size).toBe(named.length);
  expect(text.match(/^trinetra_.*/gm)?.filter((line) => !/^\w+\{gpu="[01]"[,}]/.test(line))).toEqual([]);
  expect(await metricOf(fleet, 'trinetra_worker_info', '{gpu="1",worker_id="box-gpu1"}')).toBe(1);
  expect(await metricOf(fleet, 'trinetra_gpu_utilization_pct', '{gpu="0"}')).toBe(41);
  expect(await metricOf(fleet, 'trinetra_worker_up', '{gpu="1"}')).toBe(1);

  await load.stop();
  await settleUp(fleet, testStack); // what the killed worker had was published, too
  await using more = startPacedLoad(testStack.redis);
  await publishesMore(fleet, 8);
  expect(await fleet.process.stop('SIGTERM')).toBe(0);
  await gone(first, back.detail.pid);
  await more.stop();
  expect(await testStack.pending()).toBe(0);
  // The output of the workers came through as it was, whole line by whole line.
  const lines = fleet.process.log().trimEnd().split('\n');
  const workers = lines.map((line): string => JSON.parse(line).worker_id);
  expect(new Set(workers)).toEqual(new Set(['box', 'box-gpu0', 'box-gpu1']));
});

it('leaves a worker that hangs out of /metrics, counts that, and does not wait for it at the end', async () => {
  await using fleet = await startFleet('0,1');
  const [, second] = await bothReady(fleet);
  process.kill(second, 'SIGSTOP');
  const text = await (await fetch(`${fleet.process.url}/metrics`)).text();
  expect(text).toMatch(/^trinetra_worker_info\{gpu="0",/m);
  expect(text).not.toMatch(/^trinetra_worker_info\{gpu="1",/m);
  expect(text).toMatch(/^trinetra_worker_up\{gpu="1"\} 0$/m);
  expect(text).toMatch(/^trinetra_worker_scrape_failures_total\{gpu="1"\} 1$/m);
  const began = performance.now();
  expect(await fleet.process.stop('SIGTERM')).toBe(1);
  expect(performance.now() - began).toBeLessThan(12_000);
  await gone(second);
});

it('tells the metrics of workers whose Kafka takes connections and says nothing, and a second signal ends all at once', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await using fleet = await startFleet('0,1', {
    SINK: 'kafka',
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}`,
  });
  await listens(fleet);
  const pids: number[] = [];
  for (const gpu of [0, 1]) {
    const noSink = ({ detail }: Member): boolean => detail.checks?.['sink']?.ok === false;
    pids.push((await memberThat(fleet, gpu, 'up without a sink', noSink)).detail.pid);
  }
  for (const gpu of [0, 1]) {
    await waitFor(`the metrics of GPU ${gpu}`, async () =>
      (await metricOf(fleet, 'trinetra_worker_ready', `{gpu="${gpu}"}`)) === 0 ? true : undefined,
    );
    expect(await metricOf(fleet, 'trinetra_worker_scrape_failures_total', `{gpu="${gpu}"}`)).toBe(0);
  }

  const modelsLoaded = ({ detail }: Member): boolean => detail.checks?.['models']?.ok === true;
  for (const gpu of [0, 1]) await memberThat(fleet, gpu, 'at work', modelsLoaded);
  testStack.server.pause(); // the workers cannot leave their group
  try {
    fleet.process.child.kill('SIGTERM');
    await waitFor('all to begin to stop', () =>
      fleet.process.log().split('finishing what is in flight').length > 3 ? true : undefined,
    );
    expect(await fleet.process.stop('SIGTERM')).toBe(1);
    await gone(...pids);
  } finally {
    testStack.server.resume();
  }
});

it('workers whose fleet is killed finish what they have and end', async () => {
  await using fleet = await startFleet('0,1');
  const pids = await bothReady(fleet);
  await using load = startPacedLoad(testStack.redis);
  await publishesMore(fleet, 8);
  expect(await fleet.process.stop('SIGKILL')).toBeNull();
  await gone(...pids);
  await load.stop();
  expect(await testStack.pending()).toBe(0);
});

describe('what is not valid', () => {
  it('ends the start once, with one message, before any worker', async () => {
    const { code, stderr } = await runCli(['--gpus', 'all'], { BATCH_SIZE: '0', PATH: gpus.PATH });
    expect(code).toBe(2);
    expect(stderr.split('BATCH_SIZE: expected')).toHaveLength(2);
    expect(stderr).not.toContain('starting');
  });

  it.each([
    [
      'two choices of a GPU',
      ['--gpus', '0'],
      { CUDA_VISIBLE_DEVICES: '1' },
      2,
      /CUDA_VISIBLE_DEVICES: expected/,
    ],
    ['a second device', ['--gpus', '0'], { GPU_DEVICE_ID: '1' }, 2, /GPU_DEVICE_ID: expected nothing/],
    ['no number', ['--gpus', '0,x'], {}, 2, /expected all, or numbers of GPUs like 0 or 0,1/],
    ['a GPU twice', ['--gpus', '0,0'], {}, 2, /each once/],
    ['a GPU that is not there', ['--gpus', '0,7'], {}, 1, /expected some of 0, 1, .* but received 7/],
    ['all where nvidia-smi is missing', ['--gpus', 'all'], { PATH: '/nowhere' }, 1, /name them, like 0,1/],
  ])('%s is refused', async (_what, args, env, expected, message) => {
    const { code, stderr } = await runCli(args, { PATH: gpus.PATH, ...env });
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });

  it('for one worker alone ends all of them, without a restart', async () => {
    // Nothing that an operator can write does this: the variable is spoilt inside the second worker.
    const spoil = "if (process.argv.join(' ').includes('--gpu-child 1')) process.env.BATCH_SIZE = '0';";
    await using fleet = await startFleet('0,1', {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(spoil)}`,
    });
    await waitFor('the fleet to end', () => (fleet.process.child.exitCode === null ? undefined : true));
    expect(fleet.process.child.exitCode).toBe(2);
    expect(fleet.process.log().split('BATCH_SIZE: expected')).toHaveLength(2);
    expect(fleet.process.log()).not.toContain('will be started again');
  });
});
