import { existsSync, globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { defineConfig } from 'vitest/config';
import workspace from './vitest.workspace.ts';

const folders = globSync([...workspace]).filter((folder) => existsSync(`${folder}/package.json`));

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: folders.map((folder) => ({
      extends: true,
      root: folder,
      test: { name: `@trinetra/${basename(folder)}`, dir: `${dirname(folder)}/${basename(folder)}` },
    })),
  },
});
