import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RecordedEntry } from '@trinetra/contracts';
import { startRedis } from '@trinetra/local-servers';
import type { Ended } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startSimulator } from './run-simulator.ts';

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let folder = '';
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.close();
});
beforeEach(async () => {
  await redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-replay-'));
  return () => rm(folder, { recursive: true, force: true });
});

const replay = (...args: string[]): Promise<Ended> =>
  startSimulator(['--redis', server.url, '--replay', folder, ...args]).ended;

/** Writes a recording whose picture number `i` has the byte `i` alone. */
async function recordingOf(...entries: Partial<RecordedEntry>[]): Promise<void> {
  const lines: string[] = [];
  for (const [i, changes] of entries.entries()) {
    const { camera_id = 'cam_a', frame_id = `${1000 + i}-0` } = changes;
    const image = `${camera_id}/${frame_id}.jpg`;
    const fields = { camera_id, camera_type: 'entrance', ingest_ts: `${i}.25` };
    const time = Number(frame_id.split('-')[0]) / 1000;
    await mkdir(dirname(join(folder, image)), { recursive: true });
    await writeFile(join(folder, image), Buffer.from([i]));
    lines.push(JSON.stringify({ camera_id, frame_id, image, time, fields, ...changes }));
  }
  await writeFile(join(folder, 'manifest.ndjson'), `${lines.join('\n')}\n`);
}

async function fieldsOf(camera: string): Promise<Record<string, string>[]> {
  const entries = await redis.xrangeBuffer(`frames:${camera}`, '-', '+');
  return entries.map(([, values]) => {
    const pairs = values.flatMap((name, i) =>
      i % 2 === 0 ? [[name.toString(), values[i + 1]?.toString('latin1') ?? '']] : [],
    );
    return Object.fromEntries(pairs);
  });
}

it('writes all fields of the entries as they were, and the bytes of their pictures, in the order of each stream', async () => {
  const fields = { camera_id: 'cam_a', ingest_ts: '7.000001', width: '1920', height: '1080', note: 'ä' };
  await recordingOf(
    {
      frame_id: '1000-10',
      fields: { ...fields, thumbnail: { base64: Buffer.from([255, 0]).toString('base64') } },
    },
    { camera_id: 'cam_b', frame_id: '1000-3' },
    { frame_id: '1000-9' },
  );
  const manifest = join(folder, 'replayed.ndjson');
  const { code, stdout, stderr } = await replay('--speed', 'max', '--json', '--manifest', manifest);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    frames_in: 3,
    write_errors: 0,
    cameras: { cam_a: { frames_in: 2 }, cam_b: { camera_type: 'entrance', frames_in: 1 } },
  });
  expect(await fieldsOf('cam_a')).toEqual([
    { camera_id: 'cam_a', camera_type: 'entrance', ingest_ts: '2.25', frame: '\u0002' },
    { ...fields, note: 'Ã¤', thumbnail: '\u00ff\u0000', frame: '\u0000' },
  ]);
  const lines = (await readFile(manifest, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).image)).toEqual([
    'cam_b/1000-3.jpg',
    'cam_a/1000-9.jpg',
    'cam_a/1000-10.jpg',
  ]);
  const [{ camera_id, frame_id }] = lines.map((line) => JSON.parse(line)) as [RecordedEntry];
  expect(await redis.xrange(`frames:${camera_id}`, frame_id, frame_id)).toHaveLength(1);
});

it('keeps the pace of the recording, or a faster one, and trims nothing unless it is told to', async () => {
  await recordingOf(...Array.from({ length: 150 }, (_, i) => ({ frame_id: `${1000 + i * 10}-0` })));
  const { stdout } = await replay('--speed', '2', '--json');
  // 745 ms; a timer may end a little early.
  expect(JSON.parse(stdout).seconds).toBeGreaterThan(0.7);
  expect(await redis.xlen('frames:cam_a')).toBe(150);
  await redis.flushall();
  expect(JSON.parse((await replay('--speed', 'max', '--json', '--maxlen', '1')).stdout)).toMatchObject({
    frames_in: 150,
    max_late_ms: 0,
  });
  expect(await redis.xlen('frames:cam_a')).toBeLessThan(150);
});

it('replays cameras of any name', async () => {
  const cameras = ['__proto__', 'lobby/Front Door', 'Escritório'];
  await recordingOf(
    ...cameras.map((camera_id, i) => ({ camera_id, frame_id: `5-${i}`, image: 'cam_a/1003-0.jpg', time: 9 })),
    {},
  );
  const { code, stdout } = await replay('--speed', 'max', '--json');
  expect(code).toBe(0);
  for (const camera of cameras) {
    expect(await redis.xlen(`frames:${camera}`)).toBe(1);
    expect(Object.getOwnPropertyDescriptor(JSON.parse(stdout).cameras, camera)?.value).toMatchObject({
      frames_in: 1,
    });
  }
});

it('gives entries the time of now where it is told to', async () => {
  await recordingOf({}, {});
  const before = Date.now() / 1000 - 0.001;
  await replay('--timestamps', 'now');
  for (const { ingest_ts } of await fieldsOf('cam_a')) expect(Number(ingest_ts)).toBeGreaterThan(before);
});

it.each([
  [
    'a line that is none',
    '{"camera_id":',
    'manifest.ndjson line 1: expected an entry of trinetra-events capture',
  ],
  ['a path out of the folder', '../x', 'manifest.ndjson line 2: expected an entry'],
  ['no entries', '', 'expected entries in'],
  ['a picture that is gone', 'cam_a/gone.jpg', 'cannot read'],
])('refuses %s with one sentence and exit code 2', async (_, text, message) => {
  await recordingOf({}, { image: text });
  if (!text.includes('x') && !text.includes('gone')) await writeFile(join(folder, 'manifest.ndjson'), text);
  const { code, stderr } = await replay('--speed', 'max');
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('refuses a folder that is none, and options that do not go with it', async () => {
  expect(await replay()).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') });
  await recordingOf({});
  expect(await replay('--fps', '5', '--cameras', '2')).toMatchObject({
    code: 2,
    stderr: 'trinetra-camera-simulator: --cameras, --fps: expected none of these beside --replay\n',
  });
  expect((await replay('--speed', 'fast')).stderr).toContain('expected a number in 0.01..1000 or max');
  expect((await replay('--timestamps', 'old')).stderr).toContain(
    'expected original or now but received "old"',
  );
});

it('runs the second example of the README', async () => {
  await recordingOf({}, {});
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)][1]?.[1] ?? '';
  const bin = await mkdtemp(join(tmpdir(), 'trinetra-bin-'));
  const built = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  await symlink(built, join(bin, 'trinetra-camera-simulator'));
  const path = `${bin}:${dirname(process.execPath)}:${process.env['PATH']}`;
  const env = { ...process.env, PATH: path, REDIS_URL: server.url, FOLDER: folder };
  const { stdout } = await promisify(execFile)('sh', ['-ec', example], { env });
  await rm(bin, { recursive: true });
  expect(JSON.parse(stdout)).toMatchObject({ frames_in: 2, write_errors: 0 });
});
