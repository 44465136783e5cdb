import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leastNode } from './nodes.ts';
import { runReadmeExample } from './readme-example.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-readme-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function runExample(code: string): Promise<string> {
  await writeFile(join(folder, 'README.md'), `# A package\n\n\`\`\`ts\n${code}\n\`\`\`\n`);
  return runReadmeExample(pathToFileURL(`${folder}/`));
}

it('gives what the example prints on this Node', async () => {
  expect(await runExample('const version: string = process.version;\nconsole.log(version);')).toBe(
    process.version,
  );
});

it('throws where the example fails', async () => {
  await expect(runExample('process.exitCode = 3;')).rejects.toMatchObject({ code: 3 });
});

it.runIf(leastNode !== undefined)(
  'runs the example on the least Node, too, which refuses what is newer',
  async () => {
    await expect(
      runExample('await using one = { async [Symbol.asyncDispose]() {} };\nconsole.log(one);'),
    ).rejects.toMatchObject({ stderr: expect.stringContaining('Node.js v22.18.0') });
  },
);
