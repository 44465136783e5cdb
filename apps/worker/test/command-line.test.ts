import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

async function failure(
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<{ code: unknown; stderr: string }> {
  try {
    await run(process.execPath, [main, ...args], { env });
  } catch (error) {
    const { code, stderr } = error as { code: unknown; stderr: string };
    return { code, stderr };
  }
  throw new Error('expected the worker to refuse to start');
}

describe('trinetra-worker', () => {
  it('runs the first example of its README', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(/```sh\n(.*)\n```/.exec(readme)?.[1]).toBe('trinetra-worker --print-config');
    const { stdout } = await run(process.execPath, [main, '--print-config'], {
      env: { REDIS_PASSWORD: 'hunter2' },
    });
    expect(stdout).toContain('BATCH_SIZE=4');
    expect(stdout).not.toContain('hunter2');
  });

  it('prints its help and its version', async () => {
    expect((await run(process.execPath, [main, '--help'])).stdout).toContain('YOLO_ENGINE_PATH');
    expect((await run(process.execPath, [main, '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('refuses bad values, all in one message, without a stack trace', async () => {
    const { code, stderr } = await failure({ BATCH_SIZE: '0', SINK: 'carrier-pigeon' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/SINK: .*\n.*BATCH_SIZE: /);
    expect(stderr).not.toContain('    at ');
  });

  it('measures the models of a folder, advises and draws a plot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-bench-'));
    try {
      const plot = join(folder, 'plot.svg');
      const models = fileURLToPath(new URL('../../../tools/demo-models/models', import.meta.url));
      const short = ['--seconds', '0.1', '--batch-sizes', '2,1'];
      const args = ['bench', '--models', models, ...short, '--plot', plot, '--json'];
      const { stdout } = await run(process.execPath, [main, ...args]);
      const { results, advice } = JSON.parse(stdout);
      expect(results.map(({ batchSize }: { batchSize: number }) => batchSize)).toEqual([1, 2]);
      for (const { framesPerSecond, p50Ms, p99Ms } of results) {
        expect(framesPerSecond).toBeGreaterThan(0);
        expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
      }
      expect([1, 2]).toContain(advice.batchSize);
      expect(readFileSync(plot, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses to measure a folder without models', async () => {
    const { code, stderr } = await failure({}, ['bench', '--models', tmpdir()]);
    expect(code).toBe(2);
    expect(stderr).toContain('--models: expected a detector of persons, such as YOLOv8, in');
  });
});
