import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runWithoutReader } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from './cli.ts';
import { demoModels } from './worker-process.ts';

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

  it('ends as ever where nobody reads what it prints', async () => {
    const { code, stderr } = await runWithoutReader(main, ['--print-config'], { env: {} });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
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

  it.each([
    { REDIS_URL: 'redis://:s3cret%ss@host:6379' },
    { KAFKA_TOPIC: 'two words', REDIS_PASSWORD: 's3cret' },
  ])('decides %j without loading a model, also for --print-config', async (env) => {
    for (const args of [[], ['--print-config']]) {
      const { code, stderr } = await failure(env, args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^The configuration is not valid:\n {2}(REDIS_URL|KAFKA_TOPIC): expected /);
      expect(stderr).not.toContain('s3cret');
    }
  });

  it('looks at the files that it is to use before it loads a model', async () => {
    const { code, stderr } = await failure({
      ...demoModels(),
      REDIS_CA_FILE: '/none.pem',
      METRICS_PORT: '0',
    });
    expect(code).toBe(2);
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      msg: expect.stringContaining(
        'REDIS_CA_FILE: expected a PEM file of certificates but there is no /none.pem',
      ),
    });
  });

  it('warns of a variable whose name is mistyped, and never tells its value', async () => {
    const env = { KAFKA_PASWORD: 's3cret' };
    const { stdout, stderr } = await run(process.execPath, [main, '--print-config'], { env });
    expect(stderr).toMatch(/^warning: the worker does not know the variable KAFKA_PASWORD.*KAFKA_PASSWORD/);
    expect(stdout).toContain('BATCH_SIZE=4');
    expect(stdout + stderr).not.toContain('s3cret');
    const started = await failure({ ...demoModels(), ...env, REDIS_CA_FILE: '/none.pem' });
    const warnings = started.stderr.split('\n').filter((line) => line.includes('KAFKA_PASWORD'));
    expect(warnings.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'warn', variable: 'KAFKA_PASWORD', meant: 'KAFKA_PASSWORD' },
    ]);
    expect(started.stderr).not.toContain('s3cret');
  });

  describe('that cannot have its port', () => {
    let taken: Server;
    let env: Record<string, string> = {};
    beforeAll(async () => {
      taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      env = { ...demoModels(), METRICS_HOST: '127.0.0.1', METRICS_PORT: String(port) };
    });
    afterAll(() => taken.close());

    it('says so in a line of JSON with a stack, where nobody watches', async () => {
      const { code, stderr } = await failure(env);
      expect(code).toBe(1);
      expect(JSON.parse(stderr)).toMatchObject({
        level: 'error',
        msg: 'worker failed',
        err: { stack: expect.any(String) },
      });
    });

    it.skipIf(!existsSync('/usr/bin/script'))('says so in one sentence at a terminal', async () => {
      const command = `'${process.execPath}' '${main}'`;
      const terminal = run('/usr/bin/script', ['-qec', command, '/dev/null'], {
        env: { PATH: '/usr/bin:/bin', ...env },
      });
      const { code, stdout } = (await terminal.catch((error: unknown) => error)) as {
        code: unknown;
        stdout: string;
      };
      expect(code).toBe(1);
      expect(stdout.trim()).toMatch(/^error: metrics server on 127\.0\.0\.1:\d+: .*in use[^\n]*$/);
    });
  });

  it('refuses to start with a Git LFS pointer for a model, in a sentence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-pointer-'));
    const path = join(folder, 'yolov8m.onnx');
    await writeFile(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345678\n');
    const { code, stderr } = await failure({ ...demoModels(), YOLO_ENGINE_PATH: path, METRICS_PORT: '0' });
    await rm(folder, { recursive: true });
    expect(stderr).toContain(`the model ${path} cannot be read: it is a Git LFS pointer: run \`git lfs`);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });

  it.each(['selftest', 'bench'])('says which program has the command %s', async (command) => {
    const { code, stderr } = await failure({}, [command, '--models', tmpdir()]);
    expect(stderr).toBe(`error: run trinetra-models ${command}: that program has this command\n`);
    expect(code).toBe(2);
  });
});
