import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md: expected a ts example');
  const file = new URL(`../.readme-example-${process.pid}.ts`, import.meta.url);
  await writeFile(file, code);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname]);
    expect(stdout.trim()).toBe('published');
  } finally {
    await rm(file);
  }
});
