import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@trinetra/local-servers';
import type { Ended } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScene } from '../src/scene/index.ts';
import { difference, ffmpeg, framesOf, hasFfmpeg } from './feed-support.ts';
import { startSimulator } from './run-simulator.ts';

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let folder = '';
let picture: Buffer;

/** What the ingestor makes of the picture. */
const squashed = (upright = picture): Promise<Buffer> =>
  sharp(upright).resize(640, 640, { fit: 'fill' }).png().toBuffer();

const play = (...args: readonly string[]): Promise<Ended> =>
  startSimulator(['--redis', server.url, '--json', ...args]).ended;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  folder = await mkdtemp(join(tmpdir(), 'trinetra-films-'));
  const scene = await createScene({ seed: 3, camera: 0, cameraType: 'entrance' })
    .frame(2)
    .canvas.encode('png');
  // Without fine detail, which JPEG changes: so that pictures can be compared.
  picture = await sharp(scene).blur(4).png().toBuffer();
  await writeFile(join(folder, 'picture.png'), picture);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => redis.flushall());

/** Makes a film of the picture: `frames` of them, 25 a second, and sound. */
async function film(name: string, frames: number, ...options: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const length = ['-t', String(frames / 25)];
  const sound = [...length, '-f', 'lavfi', '-i', 'sine'];
  const video = [...length, '-loop', '1', '-framerate', '25', '-i', join(folder, 'picture.png')];
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '5', '-pix_fmt', 'yuv420p'];
  await ffmpeg(...video, ...sound, ...codec, ...options, path);
  return path;
}

/** Says in the header of an MP4 that its picture is to be turned by 90 degrees, as phones do. */
async function turn(path: string): Promise<void> {
  const bytes = await readFile(path);
  // Of the first track, which is the video: 40 bytes behind the name of its box begins the matrix (ISO 14496-12, 8.3.2).
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  for (const [i, value] of [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000].entries())
    bytes.writeInt32BE(value, matrix + 4 * i);
  await writeFile(path, bytes);
}

describe.skipIf(!hasFfmpeg)('films as cameras (needs ffmpeg)', () => {
  it('sends what the ingestor sends: the picture, squashed, and its size with --sizes', async () => {
    const path = await film('sound.mp4', 25);
    const before = Date.now() / 1000;
    const { code, stdout, stderr } = await play(`Front Door=${path}`, '--fps', '5', '--sizes');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const frames = await framesOf(redis, 'Front Door');
    expect(JSON.parse(stdout)).toMatchObject({
      frames_in: frames.length,
      write_errors: 0,
      cameras: { 'Front Door': { camera_type: 'others', frames_in: frames.length, corrupt: 0, outages: 0 } },
    });
    const [first] = frames;
    expect(first).toMatchObject({ cameraType: 'others', originalSize: { width: 1280, height: 720 } });
    expect(first?.ingestTs).toBeGreaterThan(before);
    expect(await sharp(first?.frame).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 640 });
    expect(await difference(first?.frame ?? Buffer.alloc(0), await squashed())).toBeLessThan(2);
    await play(path, '--fps', '5');
    expect((await framesOf(redis, 'cam_others_01'))[0]).not.toHaveProperty('originalSize');
  });

  it('plays films in real time, five of twenty-five frames a second with --fps 5', async () => {
    const path = await film('pace.mp4', 50);
    const manifest = join(folder, 'pace.ndjson');
    const { stdout } = await play(path, '--fps', '5', '--manifest', manifest);
    const { cameras, seconds } = JSON.parse(stdout);
    const { frames_in, dropped } = cameras.cam_others_01;
    expect(frames_in + dropped).toBeGreaterThanOrEqual(10);
    expect(frames_in + dropped).toBeLessThanOrEqual(11);
    expect(seconds).toBeGreaterThan(1.7);
    const lines = (await readFile(manifest, 'utf8')).trim().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      camera_id: 'cam_others_01',
      image: 'pace.mp4 at 0.000 s',
    });
  });

  it('sends upright what was filmed upright', async () => {
    const path = await film('phone.mp4', 3);
    await turn(path);
    await play(path, '--sizes');
    const [first] = await framesOf(redis, 'cam_others_01');
    expect(first?.originalSize).toEqual({ width: 720, height: 1280 });
    const upright = await sharp(picture).rotate(90).png().toBuffer();
    expect(await difference(first?.frame ?? Buffer.alloc(0), await squashed(upright))).toBeLessThan(2);
    await play(`whole=${path}`, '--size', 'original');
    const [whole] = await framesOf(redis, 'whole');
    expect(await difference(whole?.frame ?? Buffer.alloc(0), upright)).toBeLessThan(2);
  });

  it('tells the true proportions of pixels that are not square', async () => {
    const path = await film('dvd.mkv', 3, '-vf', 'scale=720:576,setsar=16/15');
    await play(path, '--sizes');
    expect((await framesOf(redis, 'cam_others_01'))[0]?.originalSize).toEqual({ width: 768, height: 576 });
    await play(`whole=${path}`, '--size', 'original');
    const [whole] = await framesOf(redis, 'whole');
    expect(await sharp(whole?.frame).metadata()).toMatchObject({ width: 768, height: 576 });
  });

  it('keeps the times of a film of no steady rate, and repeats no picture', async () => {
    const path = await film(
      'uneven.mkv',
      65,
      '-vf',
      "select='eq(n,0)+eq(n,12)+eq(n,50)+eq(n,62)'",
      ...['-vsync', '0', '-an'],
    );
    const { stdout } = await play(path, '--manifest', join(folder, 'uneven.ndjson'));
    const { frames_in, dropped } = JSON.parse(stdout).cameras.cam_others_01;
    expect(frames_in + dropped).toBe(4);
    const lines = (await readFile(join(folder, 'uneven.ndjson'), 'utf8')).trim().split('\n');
    const images = lines.map((line) => JSON.parse(line).image);
    // A slow machine drops one that comes soon after another.
    const all = ['0.000', '0.480', '2.000', '2.480'].map((time) => `uneven.mkv at ${time} s`);
    expect(images).toEqual(all.filter((image) => images.includes(image)));
    expect(images).toContain(all[2]);
    const times = (await framesOf(redis, 'cam_others_01')).map(({ ingestTs }) => ingestTs);
    const between = (times[images.indexOf(all[2])] ?? 0) - (times[0] ?? 0);
    expect(between).toBeGreaterThan(1);
  });

  it('begins again with --loop, until it is told to end', async () => {
    const feeding = startSimulator(['--redis', server.url, '--json', '--loop', await film('short.mp4', 5)]);
    await expect.poll(() => redis.xlen('frames:cam_others_01'), { timeout: 60_000 }).toBeGreaterThan(15);
    feeding.child.kill('SIGTERM');
    const { code, stdout } = await feeding.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout).frames_in).toBe(await redis.xlen('frames:cam_others_01'));
  });

  it('plays a folder of pictures, and several sources side by side', async () => {
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    await copyFile(join(folder, 'picture.png'), join(pictures, 'a.png'));
    const feeding = startSimulator([
      '--redis',
      server.url,
      '--json',
      `a=${pictures}`,
      `b=${await film('b.mp4', 25)}`,
      '--loop',
    ]);
    for (const name of ['a', 'b'])
      await expect.poll(() => redis.xlen(`frames:${name}`), { timeout: 60_000 }).toBeGreaterThan(2);
    feeding.child.kill('SIGINT');
    const { code, stdout } = await feeding.ended;
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout).cameras)).toEqual(['a', 'b']);
    expect((await play(pictures, '--seconds', '3')).code).toBe(0);
    const [first] = await framesOf(redis, 'a');
    expect(await difference(first?.frame ?? Buffer.alloc(0), await squashed())).toBeLessThan(2);
  });

  it('drops frames where Redis is slow, and queues none', async () => {
    const path = await film('long.mp4', 150);
    const feeding = startSimulator(['--redis', server.url, '--json', path]);
    await expect.poll(() => redis.xlen('frames:cam_others_01'), { timeout: 60_000 }).toBeGreaterThan(2);
    const before = Date.now() / 1000;
    server.pause();
    await expect.poll(() => Date.now() / 1000 - before, { timeout: 10_000 }).toBeGreaterThan(2);
    server.resume();
    const resumed = Date.now() / 1000;
    const { code, stdout } = await feeding.ended;
    expect(code).toBe(0);
    const { cameras, write_errors } = JSON.parse(stdout);
    const { frames_in, dropped } = cameras.cam_others_01;
    expect({ write_errors, total: frames_in + dropped }).toEqual({ write_errors: 0, total: 150 });
    expect(dropped).toBeGreaterThan(20);
    // One was on its way to Redis, and one newer lay ready.
    const taken = (await framesOf(redis, 'cam_others_01')).map(({ ingestTs }) => ingestTs);
    expect(taken.filter((time) => time > before + 0.3 && time < resumed - 0.3).length).toBeLessThanOrEqual(1);
  });

  it('says what ffmpeg cannot read, with exit code 2', async () => {
    const text = join(folder, 'text.mp4');
    await writeFile(text, 'not a film');
    expect(await play(text)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /: ffmpeg cannot read text\.mp4: Invalid data found when processing input\n$/,
      ),
    });
    const sound = join(folder, 'sound.m4a');
    await ffmpeg('-f', 'lavfi', '-i', 'sine', '-t', '1', sound);
    expect(await play(sound)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('sound.m4a: it has no video'),
    });
    expect(await play('-f', 'lavfi')).toMatchObject({ code: 2, stderr: "error: unknown option '-f'\n" });
  });

  it('plays a film that is cut off as far as it goes', async () => {
    const path = await film('whole.mkv', 25, '-g', '1');
    const bytes = await readFile(path);
    await writeFile(join(folder, 'cut.mkv'), bytes.subarray(0, bytes.length * 0.6));
    const { code, stdout } = await play(join(folder, 'cut.mkv'));
    expect(code).toBe(0);
    expect(JSON.parse(stdout).frames_in).toBeGreaterThan(5);
  });

  it('says where there is no ffmpeg, how to install it, or that FFMPEG is none', async () => {
    const path = await film('any.mp4', 3);
    const { code, stderr } = await startSimulator(['--redis', server.url, path], { PATH: folder }).ended;
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('apt-get install ffmpeg'),
    });
    const wrong = await startSimulator(['--redis', server.url, path], { FFMPEG: process.execPath }).ended;
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FFMPEG: expected the path of ffmpeg'),
    });
  });
});
