/** Decoded pixels, `[height, width, 3]` interleaved RGB, 0..255, rows without padding. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /**
   * Width of a pixel over its height, as the camera saw it, above 0. A squashed picture has another value than
   * 1: 16/9 in a frame of 640x640 px of a 16:9 camera. Coordinates stay pixels of the image; stages measure in
   * its true proportions. Default 1.
   */
  readonly pixelAspectRatio?: number;
}

/** A box in continuous pixels, `[x1, y1, x2, y2]`, left/top inclusive, right/bottom exclusive. */
export type Xyxy = readonly [x1: number, y1: number, x2: number, y2: number];

/** A point in continuous pixels. */
export type Point = readonly [x: number, y: number];

/**
 * Five landmarks in the order of the ArcFace template: left eye, right eye, nose, left mouth corner,
 * right mouth corner, left and right as seen in the picture.
 */
export type FaceLandmarks = readonly [Point, Point, Point, Point, Point];

/** Width and height, px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Maps a frame into the model's input: `input = (x * scaleX + left, y * scaleY + top)` for pixels `x, y` of the
 * frame. The scales of a squashed frame differ, because the input has its true proportions.
 */
export interface Letterbox {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Whole pixels of padding at the left and at the top. */
  readonly left: number;
  readonly top: number;
  /** Size of the picture inside the padding, px. */
  readonly newWidth: number;
  readonly newHeight: number;
  /** Size of the input, padding included, px. */
  readonly inputWidth: number;
  readonly inputHeight: number;
}

/**
 * Factors that stretch an image across and down to its true proportions without losing a pixel; one of them is
 * 1. Faces and distances are measured in pixels of the stretched picture.
 *
 * @throws RangeError for a `pixelAspectRatio` that is not a number above 0.
 */
export function stretchOf({
  pixelAspectRatio: ratio = 1,
}: Pick<RgbImage, 'pixelAspectRatio'>): readonly [number, number] {
  if (!(ratio > 0 && Number.isFinite(ratio))) {
    throw new RangeError(`Expected a number above 0 for pixelAspectRatio but received ${ratio}`);
  }
  return ratio >= 1 ? [ratio, 1] : [1, 1 / ratio];
}
