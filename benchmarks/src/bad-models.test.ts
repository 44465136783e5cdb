import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-bad-models-'));
  await writeFile(join(folder, 'yolov8n.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['npm run bench', 'main.ts'],
  ['npm run demo', '../../tools/demo/src/main.ts'],
])('%s ends with 2 and without a stack where a file is no model', async (_, file) => {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [program, '--models', folder], (error, _stdout, text) =>
      resolve({ code: error?.code, stderr: text }),
    );
  });
  expect(stderr).toContain(
    `--models: expected a detector of persons, such as YOLOv8, in ${folder} but found none`,
  );
  expect(stderr).toContain('it is a Git LFS pointer: run `git lfs pull` in its folder');
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(2);
});
