import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { useRedis } from './harness.ts';

const { add, server } = useRedis();

it('runs the first example of the README', async () => {
  await add('cam_01', 1);
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md: expected a ts example');
  const file = new URL(`../.readme-example-${process.pid}.ts`, import.meta.url);
  await writeFile(file, code);
  try {
    const env = { ...process.env, REDIS_URL: server().url };
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], { env });
    expect(stdout.trim()).toBe('frames:cam_01 camera_id cam_01');
  } finally {
    await rm(file);
  }
});
