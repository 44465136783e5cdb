import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { encode, gradient } from '../test/pictures.ts';

const at = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const example = at(`.readme-example-${process.pid}.ts`);
const picture = at(`.readme-example-${process.pid}.jpg`);
afterAll(() => {
  for (const file of [example, picture]) rmSync(file, { force: true });
});

it('runs the example of the README (needs the build)', async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(at('README.md'), 'utf8')) ?? [];
  writeFileSync(example, code ?? 'throw new Error("no example")');
  writeFileSync(picture, await encode(gradient(1280, 720), 1280, 720).jpeg().toBuffer());
  const run = async (FRAME: string): Promise<string> =>
    (await promisify(execFile)(process.execPath, [example], { env: { ...process.env, FRAME } })).stdout;
  expect(await run(picture)).toMatch(/^1280x720, 1228800 floats, mean luma \d/);
  expect(await run('')).toMatch(/^corrupt \(unsupported_format\)/);
});
