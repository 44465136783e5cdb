import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** Whether `src` is in the package that is built here: then source maps need no copy of it. */
function bringsSources(): boolean {
  const { files }: { readonly files: readonly string[] } = JSON.parse(readFileSync('package.json', 'utf8'));
  return files.includes('src');
}

/** How every library and program is built; `own` says what differs. */
export const build = (own: Options = {}): Config =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node22',
    platform: 'node',
    // Whoever installs a package need not know that its types name those of Node.
    dts: { banner: '/// <reference types="node" />' },
    clean: true,
    sourcemap: true,
    esbuildOptions: (options) => {
      options.sourcesContent = !bringsSources();
    },
    ...own,
  });
