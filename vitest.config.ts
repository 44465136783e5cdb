import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import workspace from './vitest.workspace.ts';

/** Libraries are tested from their sources, so that no test needs a build of the packages that it imports. */
const conditions = ['@trinetra/source'];

const folders = globSync([...workspace], { cwd: import.meta.dirname })
  .map((folder) => join(import.meta.dirname, folder))
  .filter((folder) => existsSync(join(folder, 'package.json')));

export default defineConfig({
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    execArgv: conditions.map((condition) => `--conditions=${condition}`), // for what threads import
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: folders.map((folder) => ({
      extends: true,
      root: folder,
      test: { name: `@trinetra/${basename(folder)}`, dir: folder },
    })),
  },
});
