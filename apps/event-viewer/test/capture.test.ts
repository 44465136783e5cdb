import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedEntry, recordedEntrySchema } from '@trinetra/contracts';
import { type LocalRedis, startRedis } from '@trinetra/local-servers';
import type { Ended, Running } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { start } from './cli.ts';

let server: LocalRedis;
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
  const parent = await mkdtemp(join(tmpdir(), 'trinetra-capture-'));
  folder = join(parent, 'recording');
  return () => rm(parent, { recursive: true, force: true });
});

/** Starts it as users do: the address from the environment. */
const capture = (...args: string[]): Running =>
  start(['capture', '--output', folder, ...args], { REDIS_URL: server.url });

const recorded = (...args: string[]): Promise<Ended> => capture('--from-beginning', ...args).ended;

async function lines(): Promise<RecordedEntry[]> {
  const text = await readFile(join(folder, 'manifest.ndjson'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => recordedEntrySchema.parse(JSON.parse(line)));
}

const jpeg = (i: number): Buffer => Buffer.from([0xff, 0xd8, 0xff, 0xe0, i]);

/** Adds a frame as the ingestor does; returns its id. */
async function add(camera: string, i: number, ...more: (string | Buffer)[]): Promise<string> {
  const fields = ['camera_id', camera, 'camera_type', 'entrance', 'ingest_ts', `${i}.5`, 'frame', jpeg(i)];
  return String(await redis.xadd(`frames:${camera}`, '*', ...fields, ...more));
}

const ready = (running: Running): Promise<void> =>
  expect.poll(running.stderr, { timeout: 30_000 }).toContain('recording into');

describe('trinetra-events capture', () => {
  it('writes the bytes of each frame as they came, and a line with all its other fields', async () => {
    const id = await add('cam_a', 1, 'width', '1920', 'height', '1080', 'thumbnail', Buffer.from([255, 0]));
    const other = await add('cam_b', 2);
    const { code, stdout } = await recorded('--frames', '2');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^2 frames of 2 cameras, /) });
    const entries = await lines();
    expect(entries.find(({ camera_id }) => camera_id === 'cam_a')).toEqual({
      camera_id: 'cam_a',
      frame_id: id,
      image: `cam_a/${id}.jpg`,
      time: Number.parseInt(id, 10) / 1000,
      fields: {
        camera_id: 'cam_a',
        camera_type: 'entrance',
        ingest_ts: '1.5',
        width: '1920',
        height: '1080',
        thumbnail: { base64: '/wA=' },
      },
    });
    expect(await readFile(join(folder, `cam_a/${id}.jpg`))).toEqual(jpeg(1));
    expect(await readFile(join(folder, `cam_b/${other}.jpg`))).toEqual(jpeg(2));
  });

  it('gives a camera of any name, and with ids of its own, a folder inside and a time', async () => {
    const cameras = ['../x', 'lobby/Front Door', 'Escritório', '{site1}:cam1'];
    for (const camera of cameras) {
      const fields = ['camera_id', camera, 'ingest_ts', String(Date.now() / 1000 - 60), 'frame', jpeg(1)];
      await redis.xadd(`frames:${camera}`, '5-0', ...fields);
    }
    expect(await recorded('--frames', '4')).toMatchObject({ code: 0 });
    const recording = (await lines()).sort((a, b) => a.image.localeCompare(b.image, 'en'));
    expect(recording.map(({ camera_id, image }) => [camera_id, image])).toEqual(
      [
        ['{site1}:cam1', '%7bsite1%7d:cam1/5-0.jpg'],
        ['../x', '%2e.%2fx/5-0.jpg'],
        ['Escritório', 'Escrit%c3%b3rio/5-0.jpg'],
        ['lobby/Front Door', 'lobby%2fFront%20Door/5-0.jpg'],
      ].sort(([, a = ''], [, b = '']) => a.localeCompare(b, 'en')),
    );
    for (const { image, time } of recording) {
      expect(await readFile(join(folder, image))).toEqual(jpeg(1));
      expect(Math.abs(Date.now() / 1000 - 60 - time)).toBeLessThan(30);
    }
  });

  it('lets nobody else read what it writes', async () => {
    const id = await add('cam_a', 1);
    await mkdir(folder, { mode: 0o755 });
    await recorded('--frames', '1');
    const modeOf = async (path: string): Promise<number> => (await stat(join(folder, path))).mode & 0o777;
    expect(await Promise.all(['', 'cam_a', 'manifest.ndjson', `cam_a/${id}.jpg`].map(modeOf))).toEqual([
      0o700, 0o700, 0o600, 0o600,
    ]);
  });

  it('records what comes from now on, also of new cameras, until Ctrl-C', async () => {
    await add('cam_a', 1);
    const running = capture();
    await ready(running);
    const ids = [await add('cam_a', 2), await add('cam_new', 3), await add('cam_a', 4)];
    const frames = async (): Promise<string[]> => (await lines()).map(({ frame_id }) => frame_id).sort();
    await expect.poll(frames, { timeout: 30_000 }).toEqual(ids.sort());
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('3 frames of 2 cameras') });
  });

  it('begins after the last entry also where the worker has deleted it', async () => {
    await redis.xdel('frames:cam_a', await add('cam_a', 1));
    const running = capture('--frames', '1');
    await ready(running);
    const id = await add('cam_a', 2);
    expect(await running.ended).toMatchObject({ code: 0 });
    expect((await lines()).map(({ frame_id }) => frame_id)).toEqual([id]);
  });

  it('leaves streams and consumer groups as they are', async () => {
    for (let i = 0; i < 5; i += 1) await add('cam_a', i);
    await redis.xgroup('CREATE', 'frames:cam_a', 'inference-workers', '0');
    await redis.xreadgroup('GROUP', 'inference-workers', 'w', 'COUNT', 2, 'STREAMS', 'frames:cam_a', '>');
    const state = async (): Promise<unknown> =>
      Promise.all([
        redis.keys('*'),
        redis.xlen('frames:cam_a'),
        redis.xinfo('GROUPS', 'frames:cam_a'),
        redis.xpending('frames:cam_a', 'inference-workers'),
      ]);
    const before = await state();
    await recorded('--frames', '5');
    expect(await lines()).toHaveLength(5);
    expect(await state()).toEqual(before);
  });

  it.each<[string[], string[]]>([
    [
      ['--camera', '*_a', '--frames', '3'],
      ['a0', 'a1', 'a2'],
    ],
    [
      ['--every', '3', '--frames', '8'],
      ['a0', 'a3', 'a6', 'a9', 'b0', 'b3', 'b6', 'b9'],
    ],
    [
      ['--seconds', '2', '--every', '10'],
      ['a0', 'b0'],
    ],
  ])('selects with %o', async (args, expected) => {
    for (let i = 0; i < 10; i += 1) for (const camera of ['cam_a', 'cam_b']) await add(camera, i);
    expect(await recorded(...args)).toMatchObject({ code: 0 });
    const names = (await lines()).map(
      ({ camera_id, fields }) => `${camera_id.slice(-1)}${parseInt(String(fields['ingest_ts']), 10)}`,
    );
    expect(names.sort()).toEqual(expected);
  });

  it('ends before the folder takes more than it may', async () => {
    for (let i = 0; i < 10; i += 1) await add('cam_a', i);
    const { code, stdout, stderr } = await recorded('--max-bytes', '700');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^3 frames of 1 camera,/) });
    expect(stderr).toContain('ended by the next frame would be past --max-bytes 700 bytes');
    expect(await lines()).toHaveLength(3);
  });

  it('keeps damaged pictures, and counts entries that are no frames', async () => {
    await redis.xadd('frames:cam_a', '*', 'camera_id', 'cam_a', 'frame', 'no picture');
    await redis.xadd('frames:cam_a', '*', 'camera_id', 'cam_a');
    await redis.xadd('frames:cam_a', '*', 'x', '1', 'x', '2', 'frame', 'y');
    await redis.xadd('frames:line\nbreak', '*', 'frame', 'y');
    const { stdout } = await recorded('--seconds', '2');
    expect(stdout).toMatch(/^1 frame of 1 camera, .*; 2 entries were no frames\n$/);
    expect(await lines()).toMatchObject([{ image: expect.stringMatching(/^cam_a\/.*\.bin$/) }]);
  });

  it('ends with 1 where Redis goes away, with what it has', async () => {
    const own = await startRedis();
    const running = start(['capture', '--output', folder], { REDIS_URL: own.url });
    await ready(running);
    await own.close();
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^0 frames of 0 cameras/) });
    expect(stderr).toMatch(/--redis: cannot use redis:.*ECONNREFUSED/);
  });

  it('refuses a folder that holds files, and a disk without the room', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'mine.txt'), 'keep');
    const full = await recorded();
    expect(full.code).toBe(2);
    expect(full.stderr).toContain(`expected a new or an empty folder, but ${folder} holds files`);
    await rm(join(folder, 'mine.txt'));
    const large = await recorded('--max-bytes', '8000TB');
    expect(large).toMatchObject({ code: 2, stdout: '' });
    expect(large.stderr).toMatch(/ free, and --max-bytes allows 8000 TB: expected more room, or a lower/);
  });

  it('says what is wrong with its options, or that Redis cannot be reached', async () => {
    const { code, stderr } = await recorded('--max-bytes', 'much', '--every', '0', '--frames', 'x');
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'trinetra-events: --frames: expected a whole number from 1 but received "x"',
      'trinetra-events: --max-bytes: expected a size like 500MB or 2GB but received "much"',
      'trinetra-events: --every: expected a whole number from 1 but received "0"',
    ]);
    const nobody = await recorded('--redis', 'redis://:hush@127.0.0.1:1');
    expect(nobody).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot use redis:\/\/127.*REFUSED/),
    });
    expect(nobody.stderr).not.toContain('hush');
  });
});
