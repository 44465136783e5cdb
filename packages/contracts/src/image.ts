/** Decoded pixels, `[height, width, 3]` interleaved RGB, 0..255, rows without padding. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
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

/** How a frame was fitted into the model input: `input = frame * scale + (left, top)`. */
export interface Letterbox {
  readonly scale: number;
  /** Whole pixels of padding at the left and at the top. */
  readonly left: number;
  readonly top: number;
  /** Size of the picture inside the padding, px. */
  readonly newWidth: number;
  readonly newHeight: number;
}
