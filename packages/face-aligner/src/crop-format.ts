/** How a face model wants its crops; in tensors of float32 each value is `(level - mean) / divisor`. */
export interface CropFormat {
  /** Px. */
  readonly width: number;
  readonly height: number;
  readonly channels: 'rgb' | 'bgr';
  readonly mean: number;
  readonly divisor: number;
}

/** Crops one after the other: bytes `[height, width, 3]`, or float32 `[3, height, width]`. */
export type CropTensor = Float32Array | Uint8Array;

/** Numbers of one crop. */
export const valuesPerCrop = ({ width, height }: CropFormat): number => 3 * width * height;
