import { defineConfig, type Options } from 'tsup';

type Config = ReturnType<typeof defineConfig>;

/** How every library and program is built; `own` says what differs. */
export const build = (own: Options = {}): Config =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node22',
    platform: 'node',
    dts: true,
    clean: true,
    sourcemap: true,
    ...own,
  });
