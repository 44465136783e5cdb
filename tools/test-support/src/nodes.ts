import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The program of a dependency of this package; undefined where npm has none: it has those of 64-bit Linux only. */
function nodeOf(alias: string): string | undefined {
  const file = fileURLToPath(new URL(`../node_modules/${alias}/bin/node`, import.meta.url));
  return existsSync(file) ? file : undefined;
}

/** The least Node that packages promise to run on. */
export const leastNode: string | undefined = nodeOf('node-least');

/** The newest Node that they are tested on. */
export const newestNode: string | undefined = nodeOf('node-newest');
