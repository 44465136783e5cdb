import { build } from '../../tsup.base.ts';

export default build({
  entry: ['src/index.ts', 'src/decode-thread.ts'],
  external: ['koffi'], // tsup keeps dependencies out by itself, but not optional ones
});
