import type { CropFormat } from './crop-format.ts';

/** How the levels 0..255 become what a model wants. */
interface CropLevels {
  /** The value for each level. */
  readonly table: Float32Array;
  /** All of the table as `(level - mean) * factor` in float32, where that is the same to the bit; else levels. */
  readonly mean: number;
  readonly factor: number;
  /** Whether values have to be looked up in the table. */
  readonly lookUp: boolean;
}

const known = new WeakMap<CropFormat, CropLevels>();

export function cropLevels(format: CropFormat): CropLevels {
  const found = known.get(format);
  if (found !== undefined) return found;
  const table = Float32Array.from({ length: 256 }, (_, level) => (level - format.mean) / format.divisor);
  const [mean, factor] = [Math.fround(format.mean), Math.fround(1 / format.divisor)];
  const lookUp = table.some(
    (value, level) => !Object.is(value, Math.fround(Math.fround(level - mean) * factor)),
  );
  const levels = lookUp ? { table, lookUp, mean: 0, factor: 1 } : { table, lookUp, mean, factor };
  known.set(format, levels);
  return levels;
}
