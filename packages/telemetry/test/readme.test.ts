import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = new URL('../', import.meta.url);

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('README.md', folder), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(example).toBeDefined();
  const file = fileURLToPath(new URL(`.readme-example-${process.pid}.ts`, folder));
  try {
    await writeFile(file, example ?? '');
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
    expect(stdout).toContain('trinetra_detections_total{camera_id="cam_entrance_01"} 3');
    expect(stdout).toContain('503');
    expect(JSON.parse(stdout.slice(stdout.indexOf('{"ready')))).toEqual({
      ready: false,
      checks: { redis: { ok: true }, sink: { ok: false, detail: 'no broker' } },
    });
  } finally {
    await rm(file, { force: true });
  }
});
