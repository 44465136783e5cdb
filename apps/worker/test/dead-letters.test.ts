import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ended } from '@trinetra/test-support';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';

const picture = Buffer.from([0xff, 0xd8, 0x1b, 0x5b, 0x32, 0x4a, 0xff, 0xd9]);
const hostile = '\u001b]0;owned\u0007\u202e';

let testStack: RedisTestStack;
let folder: string;
beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-letters-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => testStack.redis.flushall());

function cli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runCli(['dead-letters', ...args], { REDIS_URL: testStack.server.url, ...env });
}

/** A dead letter as a source writes it; the id is its time. */
async function letter(id: string, camera = 'cam'): Promise<void> {
  const entry = ['camera_id', camera, 'camera_type', hostile, 'frame', picture];
  const added = ['dead_letter_stream', `frames:${camera}`, 'dead_letter_reason', 'max_deliveries'];
  const rest = ['dead_letter_entry_id', '5-0', 'dead_letter_deliveries', '3', 'dead_letter_consumer', 'w'];
  await testStack.redis.xadd(`frames-dead:${camera}`, id, ...entry, ...added, ...rest);
}

it('ls counts by camera, and shows names that nobody should choose harmlessly', async () => {
  await letter('1771840000000-0');
  await letter('1771840060000-0');
  await letter('1771840000000-0', hostile);
  const { code, stdout } = await cli(['ls']);
  expect(code).toBe(0);
  expect(stdout).toContain('cam');
  expect(stdout).toMatch(/^cam +2 +2026-02-23T09:46:40\.000Z +2026-02-23T09:47:40\.000Z +max_deliveries 2$/m);
  expect(stdout).toContain(String.raw`\u{1b}]0;owned\u{7}\u{202e}`);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  expect(JSON.parse((await cli(['ls', '--json'])).stdout)).toEqual(
    expect.arrayContaining([expect.objectContaining({ camera_id: hostile, count: 1 })]),
  );
});

it('ls of a camera lists each of its dead letters, and ends with 1 where there is none', async () => {
  expect(await cli(['ls'])).toMatchObject({ code: 0, stdout: 'no dead letters\n' });
  await letter('1771840000000-0');
  expect((await cli(['ls', '--camera', 'cam'])).stdout).toMatch(/^1771840000000-0 .*max_deliveries +3 +5-0/m);
  expect(await cli(['ls', '--camera', 'other'])).toMatchObject({ code: 1 });
  expect(JSON.parse((await cli(['ls', '--camera', 'cam', '--json'])).stdout)).toMatchObject([
    { id: '1771840000000-0', reason: 'max_deliveries', deliveries: 3, stream: 'frames:cam' },
  ]);
});

it('show keeps pictures off the terminal, and writes one only where it is told to, over no file', async () => {
  await letter('7-0');
  const file = join(folder, 'frame.jpg');
  const shown = await cli(['show', 'cam', '7-0']);
  expect(shown.stdout).toMatch(/field frame +\(8 bytes\)/);
  expect(shown.stdout).toMatch(/deliveries +3/);
  expect(shown.stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  expect((await cli(['show', 'cam', '7-0', '--save-frame', file])).code).toBe(0);
  expect(await readFile(file)).toEqual(picture);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'mine');
  expect(await cli(['show', 'cam', '7-0', '--save-frame', file])).toMatchObject({ code: 1 });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await cli(['show', 'cam', '8-0'])).toMatchObject({ code: 1 });
});

it('replay writes back what it is told and says so; --dry-run changes nothing', async () => {
  for (const id of ['7-0', '8-0', '9-0']) await letter(id);
  expect(await cli(['replay', 'cam', '7-0', '--dry-run'])).toMatchObject({
    code: 0,
    stdout: '7-0 would go to frames:cam\n1 of cam would be replayed\n',
  });
  expect(await testStack.redis.exists('frames:cam')).toBe(0);
  const one = await cli(['replay', 'cam', '7-0', '7-0']);
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/^7-0 is \d+-0 in frames:cam \(1 entries\)\n1 of cam replayed\n$/);
  expect(await cli(['replay', 'cam', '7-0', '8-0'])).toMatchObject({ code: 1 }); // one of them is gone
  expect(await cli(['replay', 'cam', '--all'])).toMatchObject({ code: 0 });
  const entries = await testStack.redis.xrangeBuffer('frames:cam', '-', '+');
  expect(entries.map(([, fields]) => fields)).toEqual(
    Array.from({ length: 3 }, () =>
      ['camera_id', 'cam', 'camera_type', hostile, 'frame', picture].map((value) => Buffer.from(value)),
    ),
  );
  expect(await testStack.redis.xlen('frames-dead:cam')).toBe(0);
  expect(await cli(['replay', 'cam', '--all'])).toMatchObject({ code: 1 });
});

it('replay leaves what STREAM_PATTERN does not name', async () => {
  await letter('7-0');
  const { code, stderr } = await cli(['replay', 'cam', '7-0'], { STREAM_PATTERN: 'frames:shop_*' });
  expect(code).toBe(1);
  expect(stderr).toContain('STREAM_PATTERN');
  expect(await testStack.redis.xlen('frames-dead:cam')).toBe(1);
});

it('drop deletes ids, or all before a date', async () => {
  for (const id of ['1771840000000-0', '1771840000000-1', '1771940000000-0']) await letter(id);
  expect((await cli(['drop', 'cam', '1771840000000-1'])).stdout).toBe('1 of cam dropped\n');
  const before = ['drop', 'cam', '--all', '--before', '2026-02-24'];
  expect((await cli([...before, '--dry-run'])).stdout).toContain('1 of cam would be dropped');
  expect(await testStack.redis.xlen('frames-dead:cam')).toBe(2);
  expect((await cli(before)).code).toBe(0);
  expect((await testStack.redis.xrange('frames-dead:cam', '-', '+')).map(([id]) => id)).toEqual([
    '1771940000000-0',
  ]);
});

it.each([
  [[]],
  [['burn']],
  [['ls', '--camera', hostile]],
  [['ls', '--colour']],
  [['show', 'cam', '+']],
  [['replay', 'cam']],
  [['replay', 'cam', '7-0', '--all']],
  [['drop', 'cam', '7-0', '--before', '2026-01-01']],
  [['drop', 'cam', '--all', '--before', 'yesterday']],
])('ends with 2 for %j', async (args) => {
  const { code, stderr } = await cli(args);
  expect(code).toBe(2);
  expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{C}| {4}at /u);
});

it('ends with 1 where Redis is away and 2 for a bad variable, without a password', async () => {
  const away = await cli(['ls'], { REDIS_URL: 'redis://u:hunter2@127.0.0.1:1' });
  expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('Redis cannot be reached') });
  const refused = await cli(['ls'], { REDIS_USERNAME: 'u', REDIS_PASSWORD: 'hunter2' });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('WRONGPASS') });
  expect(away.stderr + refused.stderr).not.toContain('hunter2');
  expect(await cli(['ls'], { REDIS_URL: 'nonsense' })).toMatchObject({ code: 2 });
});
