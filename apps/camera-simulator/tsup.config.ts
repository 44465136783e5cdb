import { build } from '../../tsup.base.ts';

export default build({
  entry: { main: 'src/main.ts', scene: 'src/scene/index.ts', 'camera-sizes': 'src/camera-sizes.ts' },
  dts: { entry: { scene: 'src/scene/index.ts', 'camera-sizes': 'src/camera-sizes.ts' } },
});
