import { build } from '../../tsup.base.ts';

export default build({
  entry: { main: 'src/main.ts' },
  dts: false,
});
