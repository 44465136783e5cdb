import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadImage } from '@napi-rs/canvas';
import { afterAll, beforeAll, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-demo-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

// Generated scenes -> Redis -> the worker with the demo models -> Kafka, or a file where there is no Java.
it('finds the persons of generated scenes where they are, and accounts for every frame', async () => {
  const output = join(folder, 'sheet.png');
  const args = ['--cameras', '8', '--fps', '1', '--seconds', '6', '--json', '--output', output];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args], {
    timeout: 240_000,
  });
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^Watch it live: http:\/\/127\.0\.0\.1:\d+\/ /m);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    frames_in: 48,
    events_out: 48,
    dropped: {},
    unexplained: 0,
    unknown: 0,
    duplicates: 0,
    pending: 0,
    contact_sheet: output,
  });
  expect(result.persons_true).toBeGreaterThan(80);
  expect(result.precision).toBeGreaterThan(0.9);
  expect(result.recall).toBeGreaterThan(0.9);
  expect(result.faces).toBeGreaterThan(40);
  expect(result.embeddings).toBe(result.faces);
  expect(result.landmark_error).toBeLessThan(0.05);
  expect(result.identities_matched).toBeGreaterThan(0.9);
  const sheet = await loadImage(output);
  expect(sheet.width).toBeGreaterThan(1000);
});

it('plays at what the machine carries, and shows nothing of how it measured that', async () => {
  const output = join(folder, 'auto.png');
  const args = ['--cameras', '4', '--seconds', '3', '--sink', 'ndjson', '--json', '--output', output];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...args], {
    timeout: 240_000,
  });
  expect(stderr).toMatch(
    /^The worker is ready\. This machine serves [\d.]+ frames\/s with these models; 4 cameras play /m,
  );
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ unknown: 0, duplicates: 0, unexplained: 0, pending: 0, dropped: {} });
  expect(result.capacity_fps).toBeGreaterThan(0);
  const carried = (result.capacity_fps * 0.7) / 4;
  expect(result.fps).toBeLessThanOrEqual(Math.max(carried + 0.02, 1 / 3));
  expect(result.fps).toBeGreaterThan(Math.min(carried * 0.9, 4.9));
  expect(result.events_out).toBe(result.frames_in);
  expect(Object.keys(result.cameras)).toHaveLength(4);
});
