import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProgram } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { throttle } from '../../../apps/worker/test/throttle.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

it('says where the machine was overloaded, what it served and what that did to frames', {
  timeout: 240_000,
}, async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-throttled-'));
  const args = ['--cameras', '4', '--fps', '20', '--seconds', '2', '--sink', 'ndjson', '--json'];
  const { child, ended } = startProgram(main, [...args, '--output', join(folder, 'sheet.png')]);
  // All that it starts shares half a core with it, where the kernel lets us have that: signals would reach the demo alone.
  using held = throttle(child.pid ?? 0);
  if (!held.by.startsWith('cgroup')) {
    child.kill('SIGKILL');
    skip('this user may not limit the processor time of processes');
  }
  held.hold(0.5);
  const { stdout, stderr } = await ended;
  await rm(folder, { recursive: true });
  const { overloaded, notes, unexplained, frames_in, capacity_fps } = JSON.parse(stdout);
  expect({ overloaded, unexplained, frames_in, capacity_fps }).toEqual({
    overloaded: true,
    unexplained: 0,
    frames_in: 160,
    capacity_fps: null,
  });
  expect(notes[0]).toMatch(
    /^This machine was overloaded: the cameras sent [\d.]+ frames\/s .*and it served [\d.]+\. \d+ frames stood in Redis/,
  );
  expect(stderr).toContain(notes[0]);
});
