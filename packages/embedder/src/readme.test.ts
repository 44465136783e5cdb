import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { tinyEmbedder } from '../test/tiny-onnx.ts';

it('runs the first example of the README', async () => {
  const MODEL = fileURLToPath(new URL(`../.readme-example-${process.pid}.onnx`, import.meta.url));
  // The mean colour of a face: red, green and blue each in 170 places.
  const weights = Float32Array.from({ length: 3 * 512 }, (_, at) =>
    (at % 512) % 3 === Math.floor(at / 512) ? 1 : 0,
  );
  await writeFile(MODEL, tinyEmbedder(weights));
  try {
    // Centred, a bright and a dark grey point away from each other.
    expect(await runReadmeExample(new URL('../', import.meta.url), { env: { MODEL } })).toMatch(
      /^512 numbers, cosine -1\.000\ncomparable only within [0-9a-f]{16}-fp32-rgb-centred-arcface112$/,
    );
  } finally {
    await rm(MODEL);
  }
});
