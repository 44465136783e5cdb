import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canServeRtsp, freePort, startRedis, startRtspCamera } from '@trinetra/local-servers';
import type { Running } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ffmpeg, framesOf, hasFfmpeg } from './feed-support.ts';
import { startSimulator } from './run-simulator.ts';

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let folder = '';
const running = new Set<ChildProcess>();

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  folder = await mkdtemp(join(tmpdir(), 'trinetra-streams-'));
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  redis?.disconnect();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => redis.flushall());

const start = (...args: readonly string[]): Running => {
  const feeding = startSimulator(['--redis', server.url, '--json', '--fps', '5', ...args]);
  running.add(feeding.child);
  return feeding;
};

const arrived = (cameraId: string, count: number): Promise<unknown> =>
  expect.poll(() => redis.xlen(`frames:${cameraId}`), { timeout: 60_000 }).toBeGreaterThan(count);

const said = (feeding: Running, text: RegExp): Promise<unknown> =>
  expect.poll(() => feeding.stderr(), { timeout: 60_000 }).toMatch(text);

async function stop(feeding: Running): Promise<{ readonly code: number | null; readonly summary: Summary }> {
  feeding.child.kill('SIGTERM');
  const { code, stdout } = await feeding.ended;
  return { code, summary: JSON.parse(stdout) };
}

interface Summary {
  readonly cameras: Readonly<Record<string, { readonly frames_in: number; readonly outages: number }>>;
}

describe.skipIf(!hasFfmpeg || !canServeRtsp())('RTSP cameras (needs ffmpeg and an RTSP server)', () => {
  let camera: Awaited<ReturnType<typeof startRtspCamera>>;
  beforeAll(async () => {
    camera = await startRtspCamera();
  });
  afterAll(() => camera?.close());

  it('connects again to a camera that stalls, and to one that went away, and says it once each', async () => {
    const address = camera.url.replace('://', '://admin:hush@');
    const feeding = start(`door=${address}`, '--sizes', '--stall', '4');
    await arrived('door', 3);
    camera.pause();
    await said(feeding, /door: no picture for 4\.2 s; connecting again\n/);
    camera.resume();
    await said(feeding, /door: pictures again after \d+ s\n/);
    await camera.kill();
    await said(feeding, /again after \d+ s\n.*; connecting again\n/s);
    await camera.restart();
    await said(feeding, /again after.*again after \d+ s\n/s);
    const count = await redis.xlen('frames:door');
    await arrived('door', count);
    const { code, summary } = await stop(feeding);
    expect(code).toBe(0);
    expect(summary.cameras['door']).toMatchObject({ outages: 2 });
    expect(feeding.stderr().match(/connecting again/g)).toHaveLength(2);
    expect(feeding.stderr()).not.toMatch(/hush|admin/);
    const [frame] = await framesOf(redis, 'door');
    expect(frame?.originalSize).toEqual({ width: 640, height: 360 });
    expect(await sharp(frame?.frame).metadata()).toMatchObject({ width: 640, height: 640 });
    expect(Math.abs((frame?.ingestTs ?? 0) - Date.now() / 1000)).toBeLessThan(120);
  });

  it('goes on with the cameras that work, and ends with 1 where one gave nothing', async () => {
    const gone = `rtsp://admin:hush@127.0.0.1:${await freePort()}/secret?password=hush`;
    const feeding = start(`door=${camera.url}`, `till=${gone}`);
    await arrived('door', 3);
    await said(feeding, /till: Connection refused; connecting again\n/);
    const { code, summary } = await stop(feeding);
    expect(code).toBe(1);
    expect(summary.cameras['till']).toMatchObject({ frames_in: 0, outages: 1 });
    expect(feeding.stderr()).toMatch(/till: no frame was sent\n$/);
    expect(feeding.stderr()).not.toMatch(/hush|secret|admin/);
  });

  it('says what is wrong where no camera works, with exit code 2', async () => {
    const { code, stdout, stderr } = await start(
      camera.url.replace('127', 'admin:hush@127').replace('/cam', '/none'),
    ).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /: cam_others_01: cannot read rtsp:\/\/127\.0\.0\.1:\d+: Server returned 404 Not Found\n$/,
    );
    expect(stderr).not.toMatch(/hush|admin/);
  });
});

describe.skipIf(!hasFfmpeg)('streams (needs ffmpeg)', () => {
  it('reads an MJPEG camera by the clock, whatever times its stream has, and leaves no ffmpeg behind', async () => {
    const picture = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#20d020' } })
      .jpeg()
      .toBuffer();
    // 10 pictures a second; ffmpeg takes a stream without times for one of 25.
    let sent = 0;
    const web = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=next' });
      const timer = setInterval(() => {
        response.write(`--next\r\ncontent-type: image/jpeg\r\ncontent-length: ${picture.length}\r\n\r\n`);
        response.write(picture);
        response.write('\r\n');
        sent += 1;
      }, 100);
      response.on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const wrapper = join(folder, 'ffmpeg.sh');
    const pidFile = join(folder, 'pid');
    await writeFile(wrapper, `#!/bin/sh\necho $$ > ${pidFile}\nexec ffmpeg "$@"\n`);
    await chmod(wrapper, 0o755);
    const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
    const feeding = startSimulator(['--redis', server.url, '--json', '--fps', '5', address], {
      FFMPEG: wrapper,
    });
    await arrived('cam_others_01', 30);
    // One of two is due, and one of five by the times of ffmpeg. It holds the first ones to see what they are.
    expect(sent).toBeLessThan(30 * 3 + 20);
    const { code } = await stop(feeding);
    expect(code).toBe(0);
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    web.closeAllConnections();
    web.close();
  });

  it('reads no file that a playlist from the network names', async () => {
    const film = join(folder, 'own.ts');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=rate=25', '-t', '1', film);
    const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${film}\n#EXT-X-ENDLIST\n`;
    const web = createServer((_, response) => response.end(playlist)).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { code, stderr } = await start(`http://127.0.0.1:${(web.address() as AddressInfo).port}/x.m3u8`)
      .ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot read http:\/\/127\.0\.0\.1:\d+: /);
    expect(await redis.keys('*')).toEqual([]);
    web.close();
  });
});
