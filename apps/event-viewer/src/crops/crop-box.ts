/** A part of a picture, whole px. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a box `[x1, y1, x2, y2]` in 0..1; undefined if it has none. */
export function cropBoxOf(
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  { width, height }: { readonly width: number; readonly height: number },
): CropBox | undefined {
  const [left, top] = [Math.floor(x1 * width), Math.floor(y1 * height)];
  const box = { left, top, width: Math.ceil(x2 * width) - left, height: Math.ceil(y2 * height) - top };
  return box.width > 0 && box.height > 0 ? box : undefined;
}
