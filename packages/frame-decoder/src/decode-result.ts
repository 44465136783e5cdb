import type { Letterbox, RgbImage } from '@trinetra/contracts';

/** A decoded frame. Its buffers belong to the decoder's pool: hand them back with `release(frame)`. */
export interface DecodedFrame {
  /**
   * The full-resolution picture, RGB, HWC, 0..255, in a SharedArrayBuffer, with its `pixelAspectRatio`. The
   * orientation tag of EXIF is ignored.
   */
  readonly image: RgbImage;
  /**
   * The letterboxed picture in its padding of grey 114, in a SharedArrayBuffer: `[3, inputHeight, inputWidth]`
   * RGB 0..1, or with
   * `tensorType: 'uint8'` `[inputHeight, inputWidth, 3]` RGB 0..255, of the size in `letterbox`. If the picture
   * has exactly that size, its bytes are those of `image`.
   */
  readonly tensor: Float32Array | Uint8Array;
  /** How the picture lies in the tensor. */
  readonly letterbox: Letterbox;
  /** Mean luma of the picture inside the padding, 0..255. */
  readonly mean: number;
  /** Standard deviation of the same luma, 0..127.5. */
  readonly stdDev: number;
}

/**
 * Why there is no frame: `empty` (no bytes), `too_large` (bytes), `too_many_pixels` (by the header),
 * `unsupported_format` (not JPEG, PNG or WebP), `corrupt` (broken or truncated), `black` (mean < 2),
 * `blown_out` (mean > 253), `flat` (standard deviation < 5).
 */
export type DecodeProblem =
  | 'empty'
  | 'too_large'
  | 'too_many_pixels'
  | 'unsupported_format'
  | 'corrupt'
  | 'black'
  | 'blown_out'
  | 'flat';

/** What becomes of a frame that has such a problem: `skipped` where it shows nothing (black, blown out, flat), else `corrupt`. */
export function decodeOutcomeOf(problem: DecodeProblem): 'corrupt' | 'skipped' {
  const isBlank = problem === 'black' || problem === 'blown_out' || problem === 'flat';
  return isBlank ? 'skipped' : 'corrupt';
}
