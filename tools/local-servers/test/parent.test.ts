import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stateOf } from './inspect.ts';

const library = new URL('../src/index.ts', import.meta.url).href;
let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'local-servers-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

/** Runs a process that starts Redis, says its pid and does what comes on its standard input. */
async function startParent(prelude = '') {
  const code = `
    import { startRedis } from ${JSON.stringify(library)};
    ${prelude}
    const redis = await startRedis();
    console.log(redis.pid);
    process.stdin.on('data', (text) => eval(String(text)));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [pid] = (await once(createInterface(child.stdout), 'line')) as [string];
  expect(stateOf(Number(pid))).toBeDefined();
  expect(readdirSync(scratch)).toHaveLength(1);
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, pid: Number(pid), exit };
}

async function expectNothingLeft(pid: number): Promise<void> {
  await vi.waitFor(() => expect(stateOf(pid)).toBeUndefined(), 10_000);
  expect(readdirSync(scratch)).toEqual([]);
}

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'servers end with a parent that gets %s, which still ends by it',
  async (signal) => {
    const { child, pid, exit } = await startParent();
    child.kill(signal);
    expect(await exit).toEqual([null, signal]);
    await expectNothingLeft(pid);
  },
);

it('servers end on a signal whose handling is left to the parent', async () => {
  const handler = `process.on('SIGTERM', () => { console.log('handled'); process.exitCode = 7; process.stdin.destroy(); });`;
  const { child, pid, exit } = await startParent(handler);
  child.kill('SIGTERM');
  expect(await exit).toEqual([7, null]);
  await expectNothingLeft(pid);
});

it.each([
  ['exits', 'process.exit(3)', 3],
  ['throws', 'throw new Error("on purpose")', 1],
])('servers end with a parent that %s', async (_, action, code) => {
  const { child, pid, exit } = await startParent();
  child.stdin.write(action);
  expect(await exit).toEqual([code, null]);
  await expectNothingLeft(pid);
});

it('removes what it made where a signal comes while Kafka is still being prepared', async () => {
  const { child, pid, exit } = await startParent(`import { startKafka } from ${JSON.stringify(library)};`);
  child.stdin.write('void startKafka()');
  await vi.waitFor(() => expect(readdirSync(scratch).join()).toContain('trinetra-kafka-'), {
    timeout: 20_000,
    interval: 5,
  });
  child.kill('SIGTERM');
  expect(await exit).toEqual([null, 'SIGTERM']);
  await expectNothingLeft(pid);
});
