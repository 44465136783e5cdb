import type { RgbImage } from '@trinetra/contracts';
import type { DecodedFrame } from './decode-result.ts';

/** Layout of the model's input: `[3, h, w]` RGB 0..1, or `[h, w, 3]` RGB 0..255. */
export type TensorType = 'float32' | 'uint8';

/** The model's input over its memory, or the picture's own bytes if it has none. */
export function tensorOf(
  type: TensorType,
  memory: SharedArrayBuffer | null,
  image: RgbImage,
): DecodedFrame['tensor'] {
  if (memory === null) return image.data;
  return type === 'float32' ? new Float32Array(memory) : new Uint8Array(memory);
}
