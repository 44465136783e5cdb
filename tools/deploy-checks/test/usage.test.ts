import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { inRepository } from '../src/files.ts';

const worker = 'apps/worker/dist/main.js';
const models = 'apps/model-tools/dist/main.js';
const cameras = 'apps/camera-simulator/dist/main.js';
const events = 'apps/event-viewer/dist/main.js';
const bench = 'benchmarks/src/main.ts';
const demo = 'tools/demo/src/main.ts';

// 2 says that the same command fails again until somebody corrects it; units and scripts go by it.
it.each([
  [worker, '--no-such-option'],
  [worker, 'no-such-command'],
  [worker, '--gpus', 'x'],
  [worker, 'selftest', '--seconds', '1'],
  [worker, 'dead-letters'],
  [worker, 'dead-letters', 'show'],
  [models],
  [models, 'no-such-command'],
  [models, 'inspect'],
  [models, 'inspect', '/nowhere'],
  [models, 'verify', 'tools', '--batch', 'x'],
  [models, 'bench'],
  [models, 'bench', '--models', '/nowhere'],
  [models, 'selftest', '--no-such-option'],
  [cameras, '--no-such-option'],
  [cameras, 'no-such-command'],
  [cameras, '--fps'],
  [cameras, '--fps', 'x'],
  [cameras, '--frames', '/nowhere'],
  [cameras, 'dataset'],
  [events, '--no-such-option'],
  [events, 'no-such-command'],
  [events, '--file', '/nowhere'],
  [events, 'capture'],
  [events, 'diff'],
  [bench, '--no-such-option'],
  [bench, '--repetitions'],
  [bench, 'no-such-benchmark'],
  [bench, 'serialisation', '--frames', '/nowhere'],
  [demo, '--no-such-option'],
  [demo, '--models', '/nowhere'],
  ['scripts/demo.mjs', '--no-such-option'],
  ['scripts/test.mjs', '--no-such-option'],
  ['scripts/test.mjs', 'apps'],
  ['scripts/test-faults.mjs', '--no-such-option'],
  ['scripts/build-kernels.mjs', '--no-such-option'],
  ['scripts/check-packages.mjs', '--no-such-option'],
  ['scripts/check-exports.mjs', '--no-such-option'],
  ['scripts/screenshot.mjs', 'one', 'two'],
])('%s %s %s: bad usage ends with exit code 2 and no stack', (file, ...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRepository(file), ...args], {
    cwd: inRepository(''),
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
  });
  expect(stderr).not.toMatch(/\n {4}at /);
  expect({ status, stdout, told: stderr !== '' }).toEqual({ status: 2, stdout: '', told: true });
});
