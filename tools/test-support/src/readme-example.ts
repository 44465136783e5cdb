import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ReadmeExampleOptions {
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the first `ts` example of a package's README inside the package, with packages found as this process finds them.
 *
 * @param folder The package's folder, ending in `/`.
 * @returns What it printed, trimmed.
 * @throws if there is no example or it fails.
 */
export async function runReadmeExample(folder: URL, options: ReadmeExampleOptions = {}): Promise<string> {
  const code = /```ts\n([\s\S]*?)```/.exec(await readFile(new URL('README.md', folder), 'utf8'))?.[1];
  if (code === undefined) throw new Error(`Expected a ts example in ${folder.pathname}README.md`);
  const file = fileURLToPath(new URL(`.readme-example-${process.pid}.ts`, folder));
  await writeFile(file, code);
  try {
    const { stdout } = await run(
      process.execPath,
      [...process.execArgv.filter((argument) => argument.startsWith('--conditions=')), file],
      {
        env: { ...process.env, ...options.env },
        timeout: 100_000, // for models on a machine that does more
      },
    );
    return stdout.trim();
  } finally {
    await rm(file);
  }
}
