import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import workspace from './vitest.workspace.ts';

/** Libraries are tested from their sources, so that no test needs a build of the packages that it imports. */
const conditions = ['@trinetra/source'];

const folders = globSync([...workspace], { cwd: import.meta.dirname })
  .map((folder) => join(import.meta.dirname, folder))
  .filter((folder) => existsSync(join(folder, 'package.json')));

/** One at a time, after all others: these measure what the machine carries or whether threads come in time, or install and build. */
const alone = [
  'apps/worker/test/faults/overload.test.ts',
  'apps/worker/test/faults/soak.test.ts',
  'benchmarks/src/simulated-engine.test.ts',
  'packages/inference-runtime/test/hanging-thread.test.ts',
  'tools/deploy-checks/test/install.test.ts',
  'tools/example-checks/test/examples.test.ts',
  'tools/deploy-checks/test/programs.test.ts',
  'tools/release-check/test/release.test.ts',
].map((file) => join(import.meta.dirname, file));

export default defineConfig({
  ssr: { resolve: { conditions: [...conditions, 'node', 'development|production'] } }, // Node gets them, too
  test: {
    execArgv: conditions.map((condition) => `--conditions=${condition}`), // for what threads import
    // A busy machine may take long; what a test waits for has its own limit.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Most files wait for servers and workers most of the time.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [
      ...folders.map((folder) => ({
        extends: true as const,
        root: folder,
        test: {
          name: `@trinetra/${basename(folder)}`,
          dir: folder,
          exclude: [...configDefaults.exclude, ...alone],
        },
      })),
      {
        extends: true as const,
        test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
