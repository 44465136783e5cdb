import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxModel, runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

// Here its files are there only once it is packed: `npm run test:release` runs this where npm installed it.
it.runIf(process.env['README_INSTALLED'])('runs the first example of the README', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-readme-'));
  const MODEL = join(folder, 'model.onnx');
  const doubling = onnxModel({
    inputs: [{ name: 'x', dims: ['n', 3] }],
    outputs: [{ name: 'y', dims: ['n', 3] }],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });
  await writeFile(MODEL, doubling);
  try {
    const printed = await runReadmeExample(new URL('../', import.meta.url), { env: { MODEL } });
    expect(printed).toBe('Float32Array(3) [ 2, 4, 6 ]');
  } finally {
    await rm(folder, { recursive: true });
  }
});
