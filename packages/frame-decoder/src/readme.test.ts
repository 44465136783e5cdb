import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { encode, gradient } from '../test/pictures.ts';

it('runs the first example of the README', async () => {
  const folder = new URL('../', import.meta.url);
  const FRAME = fileURLToPath(new URL(`.readme-example-${process.pid}.jpg`, folder));
  await writeFile(FRAME, await encode(gradient(1280, 720), 1280, 720).jpeg().toBuffer());
  try {
    expect(await runReadmeExample(folder, { env: { FRAME } })).toMatch(
      /^1280x720, 1228800 values, mean luma \d/,
    );
    expect(await runReadmeExample(folder, { env: { FRAME: '' } })).toMatch(/^corrupt \(unsupported_format\)/);
  } finally {
    await rm(FRAME);
  }
});
