import type { ByteInput, FeedConversion, ModelInfo, TensorData, TensorInfo } from '../types.ts';

/** An input that takes pictures. */
export interface ImageInput {
  readonly name: string;
  readonly type: FeedConversion['type'];
  readonly layout: 'nchw' | 'nhwc';
  /** Null: any. */
  readonly batch: number | null;
  readonly height: number | null;
  readonly width: number | null;
}

/** A symbolic axis is a name, or -1 where it has none. */
function fixed(dim: number | string | undefined): number | null {
  return typeof dim === 'number' && dim > 0 ? dim : null;
}

const types: readonly string[] = ['float32', 'float16', 'uint8'];

/**
 * Reads how an input takes its pictures: `[n, 3, h, w]` or `[n, h, w, 3]`, float32, float16 or uint8.
 *
 * @returns Null for any other input.
 */
export function readImageInput(input: TensorInfo | undefined): ImageInput | null {
  if (input?.dims.length !== 4 || !types.includes(input.type)) return null;
  const type = input.type as FeedConversion['type'];
  const [n, second, third, fourth] = input.dims;
  const batch = fixed(n);
  const channels = fixed(second);
  if (channels === 3 || (channels === null && fixed(fourth) !== 3)) {
    return { name: input.name, type, layout: 'nchw', batch, height: fixed(third), width: fixed(fourth) };
  }
  if (fixed(fourth) !== 3) return null;
  return { name: input.name, type, layout: 'nhwc', batch, height: channels, width: fixed(third) };
}

/** What pictures for that input are written as: bytes `[h, w, 3]` where it takes them so, else float32 `[3, h, w]`. */
export const pictureType = ({ type, layout }: ImageInput): 'uint8' | 'float32' =>
  type === 'uint8' && layout === 'nhwc' ? 'uint8' : 'float32';

/** The range of levels 0..255 as a model gets them: `(level - mean) / divisor`. */
export const rangeOfLevels = ({ mean = 0, divisor }: ByteInput): [low: number, high: number] => [
  (0 - mean) / divisor,
  (255 - mean) / divisor,
];

/**
 * Pictures as a feed of that input: bytes as they are, a float32 tensor `[n, 3, h, w]` converted on its way where the input takes
 * another kind.
 *
 * @param dims `[n, 3, h, w]`, of bytes too.
 * @param levels What makes a value of the tensor a level 0..255, for inputs of bytes: `value * divisor + mean`.
 */
export function imageFeed(
  { type, layout }: ImageInput,
  data: Float32Array | Uint8Array,
  dims: readonly [number, number, number, number],
  levels: ByteInput,
): TensorData {
  const [batch, channels, height, width] = dims;
  if (data instanceof Uint8Array) return { type: 'uint8', data, dims: [batch, height, width, channels] };
  if (type === 'float32' && layout === 'nchw') return { type: 'float32', data, dims };
  const conversion = type === 'uint8' ? { scale: levels.divisor, offset: levels.mean } : {};
  return { type: 'float32', data, dims, to: { type, layout, ...conversion } };
}

/** Whether a loaded model takes bytes that become what it wants; a model that is loaded as it is does. */
export function hasByteInput({ byteInput }: Pick<ModelInfo, 'byteInput'>, wanted: ByteInput): boolean {
  if (byteInput === undefined) return true;
  return byteInput.divisor === wanted.divisor && (byteInput.mean ?? 0) === (wanted.mean ?? 0);
}
