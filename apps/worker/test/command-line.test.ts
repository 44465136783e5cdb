import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

async function failure(env: Record<string, string>): Promise<{ code: unknown; stderr: string }> {
  try {
    await run(process.execPath, [main], { env });
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
});
