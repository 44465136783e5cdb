import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/settings.ts'],
  format: 'esm',
  target: 'node22',
  platform: 'node',
  dts: true,
  clean: true,
  sourcemap: true,
});
