import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRedis } from '@trinetra/local-servers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { play, runReadme } from './cli.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const simulator = pathOf('apps/camera-simulator/src/main.ts');
const worker = pathOf('apps/worker/dist/main.js');
const model = (name: string): string => pathOf(`tools/demo-models/models/demo-${name}.onnx`);

const frames = 30;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-regression-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const simulate = (...args: string[]): Promise<unknown> =>
  promisify(execFile)(process.execPath, [simulator, ...args]);

/** Replays the recording through a worker of its own; returns its events. */
async function eventsOf(recording: string, name: string, env: Record<string, string> = {}): Promise<string> {
  const server = await startRedis();
  const path = join(folder, `${name}.ndjson`);
  const child = spawn(process.execPath, [worker], {
    env: {
      PATH: process.env['PATH'],
      YOLO_ENGINE_PATH: model('yolov8'),
      ARCFACE_ENGINE_PATH: model('arcface'),
      FACE_MODEL_PATH: model('yunet'),
      REDIS_URL: server.url,
      SINK: `ndjson:${path}`,
      METRICS_HOST: '127.0.0.1',
      METRICS_PORT: '0',
      ...env,
    },
    stdio: 'ignore',
  });
  try {
    await simulate('--redis', server.url, '--replay', recording, '--speed', 'max');
    const count = async (): Promise<number> =>
      (await readFile(path, 'utf8').catch(() => '')).split('\n').length - 1;
    await expect.poll(count, { timeout: 90_000 }).toBe(frames);
    child.kill('SIGTERM');
    await once(child, 'exit');
  } finally {
    child.kill('SIGKILL');
    await server.close();
  }
  return path;
}

it('tells from a recording whether a worker finds the same as before', { timeout: 300_000 }, async () => {
  const recording = join(folder, 'recording');
  const server = await startRedis();
  try {
    await simulate('--redis', server.url, '--cameras', '3', '--fps', '10', '--seconds', '1', '--sizes');
    const args = ['--output', recording, '--frames', String(frames), '--from-beginning'];
    expect(await play(['capture', ...args], { env: { REDIS_URL: server.url } })).toMatchObject({ code: 0 });
  } finally {
    await server.close();
  }
  const first = await eventsOf(recording, 'first');
  const again = await play(['diff', first, await eventsOf(recording, 'again'), '--max-lost', '0']);
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toContain('\nidentical\n');

  const strict = await eventsOf(recording, 'strict', { CONFIDENCE_THRESHOLD: '0.8' });
  const worse = await play(['diff', first, strict, '--max-lost', '0']);
  expect(worse.code).toBe(1);
  expect(worse.stderr).toMatch(/^trinetra-events: --max-lost 0: B lacks \d+ of the \d+ persons of A .*\n$/);
  expect(worse.stdout).not.toContain('identical');

  const readme = await runReadme(2, { BEFORE: first, AFTER: strict });
  expect(readme).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^trinetra-events: --max-lost 1%: .*\n$/),
  });
});
