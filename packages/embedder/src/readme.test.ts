import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { tinyEmbedder } from '../test/tiny-onnx.ts';

it('runs the first example of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error('README.md: expected a ts example');
  const file = new URL(`../.readme-example-${process.pid}.ts`, import.meta.url);
  const model = new URL(`../.readme-example-${process.pid}.onnx`, import.meta.url);
  // The mean colour of a face: red, green and blue each in 170 places.
  const weights = Float32Array.from({ length: 3 * 512 }, (_, at) =>
    (at % 512) % 3 === Math.floor(at / 512) ? 1 : 0,
  );
  await writeFile(file, code);
  await writeFile(model, tinyEmbedder(weights));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [file.pathname], {
      env: { ...process.env, MODEL: model.pathname },
    });
    // Centred, a bright and a dark grey point away from each other.
    expect(stdout.trim()).toMatch(
      /^512 numbers, cosine -1\.000\ncomparable only within [0-9a-f]{16}-fp32-rgb-centred-arcface112$/,
    );
  } finally {
    await rm(file);
    await rm(model);
  }
});
