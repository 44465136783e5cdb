import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/decode-thread.ts'],
  format: 'esm',
  target: 'node22',
  platform: 'node',
  dts: true,
  clean: true,
  sourcemap: true,
  external: ['koffi'], // tsup keeps dependencies out by itself, but not optional ones
});
