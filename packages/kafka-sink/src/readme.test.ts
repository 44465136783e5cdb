import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDetectionEvent } from '@trinetra/contracts';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md: expected a ts example');
  const file = new URL(`../.readme-example-${process.pid}.ts`, import.meta.url);
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-readme-'));
  await writeFile(file, code);
  try {
    const { KAFKA_BOOTSTRAP_SERVERS: _, ...rest } = process.env;
    const env = { ...rest, TMPDIR: folder };
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], { env });
    expect(stdout.trim()).toBe('published');
    const line = await readFile(join(folder, 'detections.ndjson'));
    expect(parseDetectionEvent(line).camera_id).toBe('cam_01');
  } finally {
    await rm(file);
    await rm(folder, { recursive: true });
  }
});
