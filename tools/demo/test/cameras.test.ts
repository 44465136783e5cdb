import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScene } from '@trinetra/camera-simulator/scene';
import { type Running, startProgram } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-demo-cameras-'));
  const { canvas } = createScene({ seed: 1, camera: 0, cameraType: 'others' }).frame(1);
  await writeFile(join(folder, 'scene.jpg'), await canvas.encode('jpeg', 90));
});
afterAll(() => rm(folder, { recursive: true }));

const start = (...args: readonly string[]): Running =>
  startProgram(main, ['--json', ...args], { env: { ...process.env, INIT_CWD: folder } });

describe('npm run demo -- --camera', () => {
  it('shows a camera of the own on the live page until Ctrl-C', async () => {
    const demo = start('--camera', 'door=.');
    await expect.poll(demo.stderr, { timeout: 100_000 }).toMatch(/the worker took [1-9]/);
    const [, page = ''] = /^Watch it live: (\S+) /m.exec(demo.stderr()) ?? [];
    expect(await (await fetch(page)).text()).toContain('<html');
    demo.child.kill('SIGINT');
    const { code, stdout } = await demo.ended;
    expect(code, demo.stderr()).toBe(0);
    const { cameras, delivered, frames_in, sink } = JSON.parse(stdout);
    expect(Object.keys(cameras)).toEqual(['door']);
    expect({ sink, isDelivered: delivered > 0 && delivered <= frames_in }).toEqual({
      sink: 'none',
      isDelivered: true,
    });
    await expect(fetch(page)).rejects.toThrow();
  });

  it.skipIf(!hasFfmpeg)('plays a film again and again (needs ffmpeg)', async () => {
    const film = ['-loop', '1', '-i', 'scene.jpg', '-t', '1', '-r', '10', '-pix_fmt', 'yuv420p', 'short.mp4'];
    expect(spawnSync('ffmpeg', ['-loglevel', 'error', ...film], { cwd: folder }).status).toBe(0);
    const demo = start('--camera', 'door=short.mp4', '--fps', '10');
    // Three times what it holds.
    await expect
      .poll(() => Number(/.*took (\d+) frames/s.exec(demo.stderr())?.[1]), { timeout: 100_000 })
      .toBeGreaterThan(30);
    demo.child.kill('SIGINT');
    expect((await demo.ended).code, demo.stderr()).toBe(0);
  });

  it('says what is wrong with a source, with exit code 2', async () => {
    const demo = start('--camera', 'none.mp4');
    expect(await demo.ended).toMatchObject({ code: 2, stdout: '' });
    expect(demo.stderr()).toMatch(/none\.mp4: expected an address .* but there is none of that name\n/);
  });
});
