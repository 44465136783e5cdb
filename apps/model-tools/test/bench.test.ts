import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runModels } from './cli.ts';

it('measures the models of a folder, advises and draws a plot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-bench-'));
  try {
    const plot = join(folder, 'plot.svg');
    const models = fileURLToPath(new URL('../../../tools/demo-models/models', import.meta.url));
    const short = ['--seconds', '0.1', '--batch-sizes', '2,1'];
    const args = ['bench', '--models', models, ...short, '--plot', plot, '--json'];
    const { results, advice } = JSON.parse((await runModels(args)).stdout);
    expect(results.map(({ batchSize }: { batchSize: number }) => batchSize)).toEqual([1, 2]);
    for (const { framesPerSecond, p50Ms, p99Ms } of results) {
      expect(framesPerSecond).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    expect([1, 2]).toContain(advice.batchSize);
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('refuses to measure a folder without models', async () => {
  const { code, stderr } = await runModels(['bench', '--models', tmpdir()]);
  expect(code).toBe(2);
  expect(stderr).toContain('--models: expected a detector of persons, such as YOLOv8, in');
});
