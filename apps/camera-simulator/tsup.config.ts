import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { main: 'src/main.ts', scene: 'src/scene/index.ts' },
  format: 'esm',
  target: 'node22',
  platform: 'node',
  dts: { entry: { scene: 'src/scene/index.ts' } },
  clean: true,
  sourcemap: true,
});
