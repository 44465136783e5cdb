import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDetectionEvent } from '@trinetra/contracts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { addSceneFrame, scenePicture } from './scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from './worker-process.ts';

let testStack: RedisTestStack;
let folder: string;
beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-privacy-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const isReady = (worker: WorkerProcess): Promise<true> =>
  waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));

/** Whether a text holds a piece of these bytes, in an encoding that a log could have used. */
function holds(text: string, bytes: Buffer): boolean {
  const piece = bytes.subarray(600, 640);
  const shifted = [0, 1, 2].map((by) => bytes.subarray(600 + by, 630 + by).toString('base64'));
  const list = [...piece.subarray(0, 8)].join(',');
  return [...shifted, piece.toString('hex'), piece.toString('latin1'), list].some((form) =>
    text.includes(form),
  );
}

it('neither logs nor traces nor writes to disk what it sees, at LOG_LEVEL=debug and with frames that fail', async () => {
  const [cwd, tmp, home] = ['cwd', 'tmp', 'home'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [cwd, tmp, home]) await mkdir(path);
  const events = join(folder, 'events');
  await using worker = await startWorker(
    {
      ...{ ...testStack.env, SINK: `ndjson:${events}`, CONSUMER_NAME: 'discreet', LOG_LEVEL: 'debug' },
      ...{ TMPDIR: tmp, HOME: home, OTEL_TRACES_EXPORTER: 'console' },
    },
    { cwd },
  );
  await isReady(worker);
  const pictures = await Promise.all([0, 1, 2, 3].map(scenePicture));
  for (let index = 0; index < 8; index += 1) await addSceneFrame(testStack.redis, index % 4);
  const broken = pictures[0]?.subarray(0, 2000) ?? Buffer.alloc(0);
  for (const fields of [
    ['camera_id', 'cam', 'ingest_ts', '1', 'frame', broken],
    ['camera_id', 'cam', 'ingest_ts', broken, 'frame', broken],
    ['camera_id', broken, 'ingest_ts', '1', 'frame', broken],
  ]) {
    await testStack.redis.xadd('frames:cam', '*', ...fields);
  }
  const readEvents = async (): Promise<string> => readFile(events, 'utf8').catch(() => ''); // not there at first
  await waitFor('every event', async () => ((await readEvents()).split('\n').length > 8 ? true : undefined));
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  const embedding = (await readEvents())
    .trim()
    .split('\n')
    .flatMap((line) => parseDetectionEvent(line).embeddings)
    .find((one) => one !== null);
  expect(embedding).toHaveLength(512);
  expect(await worker.stop('SIGTERM')).toBe(0);

  const said = worker.log();
  expect(said).toContain('"level":"debug"');
  expect(said).toContain("name: 'process frame'");
  // The check sees what it looks for.
  expect(holds(`x${pictures[0]?.toString('base64')}`, pictures[0] ?? Buffer.alloc(0))).toBe(true);
  expect([...pictures, broken].filter((bytes) => holds(said, bytes))).toEqual([]);
  expect(said).not.toMatch(/(-?\d+(\.\d+)?(e-?\d+)?\s*,\s*){16}/);
  expect(said).not.toMatch(/[A-Za-z0-9+/=]{200}/);
  for (const path of [cwd, tmp, home]) expect(await readdir(path, { recursive: true })).toEqual([]);
});

describe('the port', () => {
  const reaches = (host: string, port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      onTestFinished(() => void socket.destroy());
    });

  // The whole of 127.0.0.0/8 is this machine on Linux: 127.0.0.2 stands for another interface.
  it.each([
    ['127.0.0.1', { '127.0.0.1': true, '127.0.0.2': false }],
    ['127.0.0.2', { '127.0.0.1': false, '127.0.0.2': true }],
    ['', { '127.0.0.1': true, '127.0.0.2': true }],
  ])('with METRICS_HOST=%s is bound where it was told', async (host, expected) => {
    await using worker = await startWorker({ ...testStack.env, SINK: 'stdout', METRICS_HOST: host });
    const port = Number(new URL(worker.url).port);
    await waitFor('the port', async () => {
      const found = await Promise.all(Object.keys(expected).map((address) => reaches(address, port)));
      return found.includes(true) ? true : undefined;
    });
    for (const [address, open] of Object.entries(expected)) expect(await reaches(address, port)).toBe(open);
  });
});

it('tells neither secrets nor stack traces, in answers or in the log, while everything is refused', async () => {
  const secrets = ['url-hunter2', 'redis-hunter2', 'sentinel-hunter2', 'kafka-hunter2'] as const;
  await using worker = await startWorker({
    ...testStack.env,
    LOG_LEVEL: 'debug',
    REDIS_URL: testStack.server.url.replace('//', `//someone:${secrets[0]}@`),
    REDIS_PASSWORD: '', // that of the address
    KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
    KAFKA_USERNAME: 'someone',
    KAFKA_PASSWORD: secrets[3],
  });
  const answers: string[] = [];
  const ask = async (path: string, init: RequestInit = {}): Promise<void> => {
    const response = await fetch(`${worker.url}${path}`, init).catch(() => undefined);
    if (response !== undefined)
      answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
  };
  await waitFor('the port', async () => {
    await ask('/health');
    return answers.length > 0 || worker.child.exitCode !== null ? true : undefined;
  });
  while (worker.child.exitCode === null) {
    for (const path of [
      '/ready',
      '/metrics',
      '/..%2f..%2fetc/passwd',
      '/%00',
      `/${'a'.repeat(20_000)}`,
      '/ready?x=%',
    ])
      await ask(path);
    await ask('/ready', { method: 'POST', body: 'x'.repeat(100_000) });
    await ask('/metrics', { method: 'OPTIONS' });
  }
  expect(worker.child.exitCode).toBe(1);
  expect(worker.log()).toContain('WRONGPASS');
  expect(answers.length).toBeGreaterThan(5);

  await using away = await startWorker({
    ...testStack.env,
    LOG_LEVEL: 'debug',
    REDIS_URL: `redis://someone:${secrets[0]}@127.0.0.1:1`,
    REDIS_USERNAME: 'someone',
    REDIS_PASSWORD: secrets[1],
    REDIS_SENTINELS: '127.0.0.1:1',
    REDIS_SENTINEL_MASTER: 'mymaster',
    REDIS_SENTINEL_PASSWORD: secrets[2],
    KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
    KAFKA_USERNAME: 'someone',
    KAFKA_PASSWORD: secrets[3],
  });
  await waitFor('/ready to name Redis and Kafka', async () => {
    const text = await fetch(`${away.url}/ready`).then(
      (response) => response.text(),
      () => '',
    );
    answers.push(text);
    return text.includes('"redis":{"ok":false') && text.includes('"sink":{"ok":false') ? true : undefined;
  });
  await away.stop('SIGTERM');
  const said = [...answers, worker.log(), away.log()].join('\n');
  for (const secret of secrets) expect(said).not.toContain(secret);
  expect(answers.join('\n')).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.js:\d/);
});
