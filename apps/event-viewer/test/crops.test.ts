import { mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalRedis, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { play } from './cli.ts';
import { eventOf, lineOf, personOf } from './events.ts';

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
  const parent = await mkdtemp(join(tmpdir(), 'trinetra-crops-'));
  folder = join(parent, 'crops');
  return () => rm(parent, { recursive: true, force: true });
});

/** Red, but green in the right lower quarter. */
async function picture(): Promise<Buffer> {
  const green = await sharp({ create: { width: 100, height: 50, channels: 3, background: '#00d000' } })
    .png()
    .toBuffer();
  return sharp({ create: { width: 200, height: 100, channels: 3, background: '#d00000' } })
    .composite([{ input: green, left: 100, top: 50 }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

const write = async (cameraId: string, frame: Buffer): Promise<string> =>
  (await redis.xadd(`frames:${cameraId}`, '*', 'camera_id', cameraId, 'ingest_ts', '1.5', 'frame', frame)) ??
  '';

const consent = '--i-may-store-personal-data';

const save = (input: string, ...more: string[]): ReturnType<typeof play> =>
  play(['--file', '-', '--save-crops', folder, '--redis', server.url, ...more], { input });

describe('trinetra-events --save-crops', () => {
  it('stores nothing without the flag that says that one may', async () => {
    const { code, stdout, stderr } = await save(lineOf(eventOf()));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      '--save-crops: it stores pictures of people. Expected --i-may-store-personal-data',
    );
    await expect(stat(folder)).rejects.toThrow('ENOENT');
  });

  it('writes one JPEG a person, cut out of the frame, that only the user can read', async () => {
    const frame_id = await write('cam_a', await picture());
    const detections = [
      personOf(),
      personOf({ track_id: 1, bbox: [0.5, 0.5, 1, 1] }),
      personOf({ track_id: 2, bbox: [0.3, 0.3, 0.3, 0.3] }),
      personOf({ track_id: 3, class_id: 2 }),
    ];
    const event = lineOf(eventOf({ camera_id: 'cam_a', frame_id, detections }));
    const { code, stderr } = await save(event + event, consent);
    expect(code).toBe(0);
    expect(stderr).toContain('2 crops saved, 2 were there already');
    const files = (await readdir(folder)).sort();
    expect(files).toEqual([`cam_a_${frame_id}_0.jpg`, `cam_a_${frame_id}_1.jpg`]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const [i, file] of files.entries()) {
      const path = join(folder, file);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      const bytes = await readFile(path);
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 50 });
      const [red, green] = (await sharp(bytes).stats()).channels.map(({ mean }) => mean);
      expect([red ?? 0, green ?? 0][i]).toBeGreaterThan(190);
      expect([red ?? 0, green ?? 0][1 - i]).toBeLessThan(20);
    }
  });

  it('counts frames that are gone, damaged, or of names that must not become a path', async () => {
    const damaged = await write(
      'cam_a',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    );
    const cut = await write('cam_b', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]));
    const detections = [personOf()];
    const events = [
      eventOf({ camera_id: 'cam_a', frame_id: '1-0', detections }),
      eventOf({ camera_id: 'cam_a', frame_id: damaged, detections }),
      eventOf({ camera_id: 'cam_b', frame_id: cut, detections }),
      eventOf({ camera_id: 'line\nbreak', frame_id: '1-0', detections }),
      eventOf({ camera_id: 'cam_a', frame_id: '../x', detections }),
    ];
    const { code, stdout, stderr } = await save(events.map(lineOf).join(''), consent);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(5);
    expect(stderr).toContain('0 crops saved');
    expect(stderr).toContain('of 1 events Redis has no frame any more, 4 unusable');
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes the crops of a camera of any name inside the folder', async () => {
    const frame_id = await write('../../Front Door', await picture());
    const event = eventOf({ camera_id: '../../Front Door', frame_id, detections: [personOf()] });
    expect(await save(lineOf(event), consent)).toMatchObject({ code: 0 });
    expect(await readdir(folder)).toEqual([`%2e.%2f..%2fFront%20Door_${frame_id}_0.jpg`]);
  });

  it('writes through no link that waits for it', async () => {
    const frame_id = await write('cam_a', await picture());
    const event = lineOf(eventOf({ camera_id: 'cam_a', frame_id, detections: [personOf()] }));
    await save(lineOf(eventOf()), consent);
    const target = join(folder, '..', 'target');
    await symlink(target, join(folder, `cam_a_${frame_id}_0.jpg`));
    expect((await save(event, consent)).stderr).toContain('0 crops saved, 1 were there already');
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });

  it('says that Redis cannot be reached, without the password', async () => {
    const args = ['--file', '-', '--save-crops', folder, consent, '--redis', 'redis://:hush@127.0.0.1:1'];
    const { code, stderr } = await play(args, { input: lineOf(eventOf()) });
    expect(code).toBe(1);
    expect(stderr).toMatch(/--redis: cannot use redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect(stderr).not.toContain('hush');
  });
});
