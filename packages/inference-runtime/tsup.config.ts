import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'inference-thread': 'src/thread/inference-thread.ts' },
  format: 'esm',
  target: 'node22',
  platform: 'node',
  dts: true,
  clean: true,
  sourcemap: true,
});
