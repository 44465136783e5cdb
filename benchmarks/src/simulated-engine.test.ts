import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseModels } from '@trinetra/model-roles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { designLatency } from './ideal-worker.ts';
import { demoModels, modelEnv } from './models.ts';
import { playPaced } from './paced-scenario.ts';
import { loadPictures } from './pictures.ts';
import { busyShare, readDeviceLog, simulatedEngine } from './simulated-engine.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { startWorker } from './worker.ts';

describe('the log of a simulated device', () => {
  it('tells how long it was at work between two instants', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-log-'));
    const file = join(folder, 'log');
    await writeFile(file, '4 100000000 170000000\n1 30000000 55000000\n');
    const runs = readDeviceLog(file);
    await rm(folder, { recursive: true });
    expect(runs.map(({ batch, startMs, endMs }) => [batch, startMs, endMs])).toEqual([
      [1, 30, 55],
      [4, 100, 170],
    ]);
    expect(busyShare(runs, 0, 100)).toBeCloseTo(0.25);
    expect(busyShare(runs, 40, 120)).toBeCloseTo(35 / 80);
  });
});

describe('a worker on a simulated device', () => {
  let testStack: TestStack;
  beforeAll(async () => {
    testStack = await startTestStack();
  });
  afterAll(() => testStack[Symbol.asyncDispose]());

  it('publishes every frame with the simulated persons, and runs one batch at a time for as long as the design says', async () => {
    const { models } = await chooseModels(demoModels);
    const result = await playPaced({
      testStack,
      pictures: await loadPictures(undefined),
      cameras: 4,
      fps: 10,
      seconds: 1,
      start: (scenario, log) => {
        const engine = simulatedEngine({ device: 'latency', persons: 3, batchSize: 4, log });
        return startWorker({ ...scenario.env, ...modelEnv(models), ...engine });
      },
    });
    expect(result.published).toBe(40);
    expect(result.crowd).toEqual({ persons: 3, faces: 3 });
    for (const [index, { batch, startMs, endMs }] of result.runs.entries()) {
      expect(endMs - startMs).toBeCloseTo(designLatency(batch), 3);
      expect(startMs).toBeGreaterThanOrEqual(result.runs[index - 1]?.endMs ?? 0);
    }
    // What was run was handed over before, the faces' and embeddings' runs with it.
    expect(result.departures.length).toBeGreaterThan(result.runs.length);
    for (const [index, { startMs }] of result.runs.entries())
      expect(result.departures.filter((ms) => ms <= startMs).length).toBeGreaterThan(index);
    // The engine alone takes 25 ms for a frame.
    expect(Math.min(...result.latencies)).toBeGreaterThan(25);
  });
});
