import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leastNode } from './nodes.ts';

const run = promisify(execFile);

export interface ReadmeExampleOptions {
  /** Which `ts` example, from 1. Default: the first. */
  readonly example?: number;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Where an example runs. */
interface Place {
  readonly folder: string;
  readonly readme: string;
  readonly nodes: readonly string[];
  readonly flags: readonly string[];
}

/**
 * From the sources, on the least Node and on this one. With `README_INSTALLED` (`npm run test:release`) from where npm installed the
 * package: in that folder each package has a folder of its name. `README_NODE` is the Node then.
 */
function placeOf(folder: string): Place {
  const { README_INSTALLED: installed, README_NODE: node = process.execPath } = process.env;
  if (installed === undefined) {
    const flags = process.execArgv.filter((argument) => argument.startsWith('--conditions='));
    const nodes = [...(leastNode === undefined ? [] : [leastNode]), process.execPath];
    return { folder, readme: join(folder, 'README.md'), nodes, flags };
  }
  const name = basename(folder);
  const place = join(installed, name);
  const readme = join(place, 'node_modules', '@trinetra', name, 'README.md');
  return { folder: place, readme, nodes: [node], flags: [] };
}

/**
 * Runs the first `ts` example of a package's README inside the package, with packages found as this process finds them.
 *
 * @param folder The package's folder, ending in `/`.
 * @returns What it printed on the last Node, trimmed.
 * @throws if there is no example, or it fails on one of the Nodes.
 */
export async function runReadmeExample(folder: URL, options: ReadmeExampleOptions = {}): Promise<string> {
  const place = placeOf(fileURLToPath(folder));
  const examples = [...(await readFile(place.readme, 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)];
  const code = examples[(options.example ?? 1) - 1]?.[1];
  if (code === undefined) throw new Error(`Expected a ts example in ${place.readme}`);
  const file = join(place.folder, `.readme-example-${process.pid}.ts`);
  await writeFile(file, code);
  try {
    let printed = '';
    for (const node of place.nodes) {
      const { stdout } = await run(node, [...place.flags, file], {
        cwd: place.folder,
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
