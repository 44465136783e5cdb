import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cameraIdOf, parseFrameEntry } from '@trinetra/contracts';
import { startRedis } from '@trinetra/local-servers';
import type { Ended, Running } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScene, type PersonTruth } from '../src/scene/index.ts';
import { startSimulator } from './run-simulator.ts';

const root = new URL('../', import.meta.url);

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let folder = '';
let pictures = '';

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  folder = await mkdtemp(join(tmpdir(), 'trinetra-simulator-'));
  pictures = join(folder, 'pictures');
  await mkdir(pictures);
  const colours = { 'a_red.jpg': '#d02020', 'b_green.png': '#20d020', 'c_blue.webp': '#2020d0' };
  for (const [name, background] of Object.entries(colours)) {
    const picture = sharp({ create: { width: 500, height: 375, channels: 3, background } });
    await picture.toFile(join(pictures, name));
  }
  await writeFile(join(pictures, 'notes.txt'), 'not a picture');
});
afterAll(async () => {
  redis?.disconnect();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => redis.flushall());

const start = (...args: readonly string[]): Running =>
  startSimulator(args, { REDIS_URL: 'redis://:hush@127.0.0.1:1' });

const play = (...args: readonly string[]): Promise<Ended> =>
  start('--redis', server.url, '--frames', pictures, ...args).ended;

interface Entry {
  readonly id: string;
  readonly fields: Buffer[];
}

async function entriesOf(cameraId: string): Promise<Entry[]> {
  const entries = await redis.xrangeBuffer(`frames:${cameraId}`, '-', '+');
  return entries.map(([id, fields]) => ({ id: id.toString(), fields }));
}

const names = ['camera_id', 'camera_type', 'ingest_ts', 'frame'];

/** The channel that dominates, as the name of the picture says it. */
async function colourOf(frame: Uint8Array): Promise<string> {
  const { channels } = await sharp(frame).stats();
  const means = channels.map(({ mean }) => mean);
  return ['red', 'green', 'blue'][means.indexOf(Math.max(...means))] ?? 'none';
}

describe('trinetra-camera-simulator', () => {
  it('writes what the ingestor writes, and says how much', async () => {
    const before = Date.now() / 1000;
    const { code, stdout, stderr } = await play(
      '--cameras',
      '3',
      '--fps',
      '20',
      '--seconds',
      '0.5',
      '--json',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      frames_in: 30,
      corrupt: 0,
      write_errors: 0,
      cameras: {
        cam_entrance_01: { camera_type: 'entrance', frames_in: 10, corrupt: 0 },
        cam_billing_02: { camera_type: 'billing', frames_in: 10, corrupt: 0 },
        cam_face_capture_03: { camera_type: 'face_capture', frames_in: 10, corrupt: 0 },
      },
    });
    expect((await redis.keys('*')).map(cameraIdOf).sort()).toEqual(Object.keys(summary.cameras).sort());
    for (const [cameraId, { camera_type }] of Object.entries<{ camera_type: string }>(summary.cameras)) {
      const entries = await entriesOf(cameraId);
      expect(entries).toHaveLength(10);
      let last = before;
      for (const { id, fields } of entries) {
        expect(fields.filter((_, i) => i % 2 === 0).map(String)).toEqual(names);
        const parsed = parseFrameEntry(`frames:${cameraId}`, id, fields);
        if (!parsed.ok) throw new Error(parsed.message);
        const { entry } = parsed;
        expect(entry).toMatchObject({ cameraId, cameraType: camera_type });
        expect(entry).not.toHaveProperty('originalSize');
        expect(entry.ingestTs).toBeGreaterThanOrEqual(last - 0.001);
        last = entry.ingestTs;
        expect(await sharp(entry.frame).metadata()).toMatchObject({
          format: 'jpeg',
          width: 640,
          height: 640,
        });
      }
      expect(last).toBeLessThan(Date.now() / 1000 + 0.001);
    }
  });

  it("says the size of the camera's picture with --sizes, in the same squashed frames", async () => {
    await play('--cameras', '1', '--fps', '20', '--seconds', '0.05', '--sizes');
    const [first] = await entriesOf('cam_entrance_01');
    expect(first?.fields.filter((_, i) => i % 2 === 0).map(String)).toEqual([...names, 'width', 'height']);
    const parsed = parseFrameEntry('frames:cam_entrance_01', first?.id ?? '', first?.fields ?? []);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(parsed.entry.originalSize).toEqual({ width: 500, height: 375 });
    expect(await sharp(parsed.entry.frame).metadata()).toMatchObject({ width: 640, height: 640 });
  });

  it('gives each camera pictures of one aspect, and all of them to too few cameras', async () => {
    const mixed = join(folder, 'mixed');
    await mkdir(mixed);
    for (const [name, width, height, orientation] of [
      ['1_wide.jpg', 160, 90, 1],
      ['2_tall.jpg', 120, 80, 6],
      ['3_wide.jpg', 320, 180, 1],
      ['4_tall.jpg', 80, 120, 1],
    ] as const) {
      const picture = sharp({ create: { width, height, channels: 3, background: '#777' } });
      await picture.withMetadata({ orientation }).toFile(join(mixed, name));
    }
    const imagesOf = async (cameras: number): Promise<Record<string, string[]>> => {
      const manifest = join(folder, 'mixed.ndjson');
      const { code } = await start(
        ...['--redis', server.url, '--frames', mixed, '--cameras', String(cameras)],
        ...['--fps', '50', '--seconds', '0.06', '--manifest', manifest],
      ).ended;
      expect(code).toBe(0);
      const images: Record<string, string[]> = {};
      for (const line of (await readFile(manifest, 'utf8')).trimEnd().split('\n')) {
        const { camera_id, image } = JSON.parse(line);
        images[camera_id] = [...(images[camera_id] ?? []), image];
      }
      return images;
    };
    expect(await imagesOf(3)).toEqual({
      cam_entrance_01: ['1_wide.jpg', '3_wide.jpg', '1_wide.jpg'],
      cam_billing_02: ['2_tall.jpg', '4_tall.jpg', '2_tall.jpg'],
      cam_face_capture_03: ['3_wide.jpg', '1_wide.jpg', '3_wide.jpg'],
    });
    expect(await imagesOf(1)).toEqual({ cam_entrance_01: ['1_wide.jpg', '2_tall.jpg', '3_wide.jpg'] });
  });

  it('shows another picture on each camera, one after the other, and writes which in the manifest', async () => {
    const manifest = join(folder, 'manifest.ndjson');
    await play('--cameras', '2', '--fps', '50', '--seconds', '0.08', '--manifest', manifest);
    const lines = (await readFile(manifest, 'utf8')).trimEnd().split('\n');
    const seen = lines.map(
      (line) => JSON.parse(line) as { camera_id: string; frame_id: string; image: string },
    );
    const imagesOf = (cameraId: string): string[] =>
      seen.filter(({ camera_id }) => camera_id === cameraId).map(({ image }) => image);
    expect(imagesOf('cam_entrance_01')).toEqual(['a_red.jpg', 'b_green.png', 'c_blue.webp', 'a_red.jpg']);
    expect(imagesOf('cam_billing_02')).toEqual(['b_green.png', 'c_blue.webp', 'a_red.jpg', 'b_green.png']);
    for (const { camera_id, frame_id, image } of seen) {
      const [entry] = await redis.xrangeBuffer(`frames:${camera_id}`, frame_id, frame_id);
      expect(image).toContain(await colourOf(entry?.[1][7] ?? Buffer.alloc(0)));
    }
  });

  it('plays each folder in a folder as the film of a camera, its frames by number', async () => {
    const films = join(folder, 'films');
    for (const film of ['door', 'till']) {
      await mkdir(join(films, film), { recursive: true });
      for (const number of [1, 2, 10]) {
        await writeFile(
          join(films, film, `frame_${number}.jpg`),
          await readFile(join(pictures, 'a_red.jpg')),
        );
      }
    }
    const manifest = join(folder, 'films.ndjson');
    const { code } = await start(
      ...['--redis', server.url, '--frames', films, '--cameras', '3', '--types', 'billing,others'],
      ...['--fps', '50', '--seconds', '0.08', '--manifest', manifest],
    ).ended;
    expect(code).toBe(0);
    const images = new Map<string, string[]>();
    for (const line of (await readFile(manifest, 'utf8')).trimEnd().split('\n')) {
      const { camera_id, image } = JSON.parse(line);
      images.set(camera_id, [...(images.get(camera_id) ?? []), image]);
    }
    const named = (film: string, numbers: number[]): string[] =>
      numbers.map((number) => `${film}/frame_${number}.jpg`);
    expect(Object.fromEntries(images)).toEqual({
      cam_billing_01: named('door', [1, 2, 10, 1]),
      cam_others_02: named('till', [1, 2, 10, 1]),
      cam_billing_03: named('door', [2, 10, 1, 2]),
    });
    const [entry] = await entriesOf('cam_others_02');
    expect(entry?.fields.map(String).slice(0, 4)).toEqual([
      'camera_id',
      'cam_others_02',
      'camera_type',
      'others',
    ]);
    await mkdir(join(films, 'window'));
    expect((await start('--redis', server.url, '--frames', films).ended).stderr).toMatch(
      /window but found none/,
    );
  });

  it('sends bursts', async () => {
    await play('--cameras', '1', '--fps', '20', '--seconds', '0.6', '--burst', '6');
    const times = (await entriesOf('cam_entrance_01')).map(({ fields }) => Number(fields[5]));
    expect(times).toHaveLength(12);
    expect(new Set(times.slice(0, 6)).size).toBe(1);
    expect(new Set(times.slice(6)).size).toBe(1);
    expect((times[6] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(0.2);
  });

  it('sends the bytes of the files with --size original', async () => {
    await play('--cameras', '1', '--fps', '50', '--seconds', '0.06', '--size', 'original');
    const sent = (await entriesOf('cam_entrance_01')).map(({ fields }) => fields[7]);
    const files = ['a_red.jpg', 'b_green.png', 'c_blue.webp'];
    expect(sent).toEqual(await Promise.all(files.map((file) => readFile(join(pictures, file)))));
  });

  it('trims its streams', async () => {
    await play('--cameras', '1', '--fps', '500', '--seconds', '0.4', '--maxlen', '20', '--size', '16x16');
    expect(await redis.xlen('frames:cam_entrance_01')).toBeLessThan(150);
  });

  it('damages the frames that it is told to, the same ones for the same seed', async () => {
    const args = ['--cameras', '2', '--fps', '100', '--seconds', '0.3', '--corrupt-rate', '0.5', '--json'];
    const run = async (seed: string): Promise<string[]> => {
      await redis.flushall();
      const manifest = join(folder, `damage-${seed}.ndjson`);
      const { stdout } = await play(...args, '--seed', seed, '--manifest', manifest);
      const lines = (await readFile(manifest, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const damaged = lines.filter((line) => line.corrupt !== undefined);
      expect(JSON.parse(stdout).corrupt).toBe(damaged.length);
      for (const line of lines) {
        const [entry] = await redis.xrangeBuffer(`frames:${line.camera_id}`, line.frame_id, line.frame_id);
        const decoded = sharp(entry?.[1][7], { failOn: 'truncated' }).raw().toBuffer();
        const outcome = await decoded.then(
          () => 'good',
          () => 'bad',
        );
        expect(outcome).toBe(line.corrupt === undefined ? 'good' : 'bad');
      }
      return lines.map((line) => `${line.camera_id} ${line.corrupt}`).sort();
    };
    const first = await run('7');
    expect(await run('7')).toEqual(first);
    expect(await run('8')).not.toEqual(first);
    expect(new Set(first.map((line) => line.split(' ')[1]))).toEqual(
      new Set(['undefined', 'truncated', 'header', 'noise']),
    );
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at %s with the summary of what it wrote', async (signal) => {
    const { child, ended } = start(
      ...['--redis', server.url, '--frames', pictures, '--cameras', '2', '--fps', '50'],
      ...['--seconds', '0', '--maxlen', '100000', '--json'],
    );
    await expect.poll(() => redis.xlen('frames:cam_billing_02'), { timeout: 20_000 }).toBeGreaterThan(3);
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const { cameras } = JSON.parse(stdout);
    for (const cameraId of ['cam_entrance_01', 'cam_billing_02']) {
      expect(cameras[cameraId].frames_in).toBe(await redis.xlen(`frames:${cameraId}`));
    }
  });

  it('counts what Redis does not take, and exits 1', async () => {
    await redis.set('frames:cam_billing_02', 'not a stream');
    const { code, stdout, stderr } = await play(
      ...['--cameras', '2', '--fps', '50', '--seconds', '0.1', '--json'],
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ frames_in: 5, write_errors: 5 });
    expect(stderr).toMatch(/frame not written: WRONGTYPE/);
    expect(stderr.match(/WRONGTYPE/g)).toHaveLength(1);
  });

  it('goes on after a restart of Redis, and counts what was lost meanwhile', async () => {
    const own = await startRedis();
    const { child, ended } = start(
      ...['--redis', own.url, '--frames', pictures, '--cameras', '1', '--fps', '50'],
      ...['--seconds', '0', '--json'],
    );
    const watcher = new Redis(own.url);
    try {
      await expect.poll(() => watcher.xlen('frames:cam_entrance_01'), { timeout: 20_000 }).toBeGreaterThan(3);
      await own.restart();
      // Nothing survives that restart: what is there now was written after it.
      await expect.poll(() => watcher.xlen('frames:cam_entrance_01'), { timeout: 20_000 }).toBeGreaterThan(5);
    } finally {
      child.kill('SIGTERM');
      watcher.disconnect();
    }
    const { code, stdout } = await ended;
    await own.close();
    expect(code).toBe(1);
    expect(JSON.parse(stdout).frames_in).toBeGreaterThan(9);
    expect(JSON.parse(stdout).write_errors).toBeGreaterThan(0);
  });

  it('says all that is wrong with its arguments, one line each', async () => {
    const { code, stderr } = await play(
      '--cameras',
      '0',
      '--fps',
      'fast',
      '--size',
      'big',
      '--corrupt-rate',
      '2',
      ...['--types', 'billing,vip', '--burst', '0'],
    );
    expect(code).toBe(2);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'trinetra-camera-simulator: --cameras: expected a whole number in 1..10000 but received "0"',
      'trinetra-camera-simulator: --types: expected billing, entrance, face_capture, tracking, vehicle, emotion, others, comma separated, but received "billing,vip"',
      'trinetra-camera-simulator: --fps: expected a number in 0.01..1000 but received "fast"',
      'trinetra-camera-simulator: --size: expected WIDTHxHEIGHT (1..16384 each) or original but received "big"',
      'trinetra-camera-simulator: --corrupt-rate: expected a number in 0..1 but received "2"',
      'trinetra-camera-simulator: --burst: expected a whole number in 1..1000 but received "0"',
    ]);
  });

  it('plays generated scenes where no folder is given, and tells their truth', async () => {
    const manifest = join(folder, 'scenes.ndjson');
    const args = ['--cameras', '2', '--fps', '20', '--seconds', '0.5', '--manifest', manifest, '--json'];
    const { code, stdout } = await start('--redis', server.url, ...args).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ frames_in: 20, write_errors: 0 });
    const lines = (await readFile(manifest, 'utf8')).trim().split('\n');
    const { camera_id, frame_id, scene } = JSON.parse(lines[5] ?? '');
    const { camera_type: cameraType, seconds, truth, ...rest } = scene;
    expect(rest).toMatchObject({ width: 1280, height: 720 });
    expect(createScene({ ...rest, cameraType }).frame(seconds).truth).toEqual(truth);
    const [entry] = await redis.xrangeBuffer(`frames:${camera_id}`, frame_id, frame_id);
    const fields = entry?.[1] ?? [];
    const picture = fields[fields.findIndex((field) => field.toString() === 'frame') + 1];
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 640 });
  });

  it('writes scenes of several shapes for training, their truth in pixels of the files', async () => {
    const out = join(folder, 'dataset');
    expect((await start('dataset', '--out', out, '--count', '160').ended).code).toBe(0);
    const lines = (await readFile(join(out, 'truth.ndjson'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(160);
    const shapes = new Map<string, number>();
    let tallest = 0;
    for (const line of lines) {
      const { image, persons } = JSON.parse(line) as { image: string; persons: PersonTruth[] };
      const { width = 0, height = 0 } = await sharp(join(out, image)).metadata();
      shapes.set(`${width}x${height}`, (shapes.get(`${width}x${height}`) ?? 0) + 1);
      for (const { bbox, face } of persons) {
        const [x1, y1, x2, y2] = bbox;
        expect(x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height).toBe(true);
        tallest = Math.max(tallest, (y2 - y1) / height);
        for (const [x, y] of face?.landmarks ?? []) expect(x > x1 && x < x2 && y > y1 && y < y2).toBe(true);
      }
    }
    expect(tallest).toBeGreaterThan(0.9);
    expect((shapes.get('640x360') ?? 0) / lines.length).toBeGreaterThan(0.6);
    expect(shapes.size).toBeGreaterThan(1);
  });

  it('says that --frames is empty, absent or damaged', async () => {
    const from = (path: string): Promise<Ended> => start('--redis', server.url, '--frames', path).ended;
    const empty = join(folder, 'empty');
    await mkdir(empty, { recursive: true });
    expect(await from(empty)).toMatchObject({ code: 2, stderr: expect.stringContaining('found none') });
    expect((await from(join(folder, 'absent'))).stderr).toContain('does not exist');
    const damaged = join(folder, 'damaged');
    await mkdir(damaged, { recursive: true });
    await writeFile(join(damaged, 'x.jpg'), 'not a picture');
    expect((await from(damaged)).stderr).toMatch(/cannot read .*x\.jpg: .*unsupported/);
  });

  it('says that Redis cannot be reached, without the password', async () => {
    const { code, stdout, stderr } = await start('--frames', pictures, '--json').ended;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/--redis: cannot use redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect(stderr).not.toContain('hush');
  });

  it('does not show the password of REDIS_URL in its help', async () => {
    const { code, stdout } = await start('--help').ended;
    expect(code).toBe(0);
    expect(stdout).toContain('--redis <url>');
    expect(stdout).not.toContain('hush');
  });

  it('says that the manifest cannot be written', async () => {
    const { code, stderr } = await play('--manifest', join(folder, 'absent', 'x.ndjson'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/--manifest: cannot write .*ENOENT/);
  });
});

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const example = /```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain('trinetra-camera-simulator ');
  await symlink(fileURLToPath(new URL('dist/main.js', root)), join(folder, 'trinetra-camera-simulator'));
  const path = `${folder}:${dirname(process.execPath)}:${process.env['PATH']}`;
  const env = { ...process.env, PATH: path, REDIS_URL: server.url, FRAMES: pictures };
  const child = spawn('sh', ['-ec', example], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(JSON.parse(stdout)).toMatchObject({ frames_in: 40, write_errors: 0 });
});
