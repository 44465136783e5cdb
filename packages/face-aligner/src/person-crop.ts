import type { RgbImage, Xyxy } from '@trinetra/contracts';

/** Side of the face model's input, px. */
export const cropSize = 320;

const plane = cropSize * cropSize;

/** Numbers of one crop: `[3, 320, 320]`. */
export const cropValues: number = 3 * plane;

/** Where a crop came from: `crop = (image - origin) * scale`. */
export interface CropGeometry {
  readonly x: number;
  readonly y: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Taps of a bilinear resize along one axis: OpenCV's half-pixel centres, clamped at the borders. */
function taps(from: number, to: number): { first: Int32Array; second: Int32Array; weight: Float32Array } {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i += 1) {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    first[i] = Math.floor(position);
    second[i] = Math.min(from - 1, Math.floor(position) + 1);
    weight[i] = position - Math.floor(position);
  }
  return { first, second, weight };
}

/**
 * Fits a person's box (outward to whole pixels) into the top left of 320x320, the longer side filled, the rest 0, and
 * writes it as `[3, 320, 320]` BGR 0..255 into `tensor` at `index`. Null for a box without a pixel in the image.
 */
export function writePersonCrop(
  image: RgbImage,
  box: Xyxy,
  tensor: Float32Array,
  index: number,
): CropGeometry | null {
  const { data, width, height } = image;
  const [x1, y1] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [x2, y2] = [Math.min(width, Math.ceil(box[2])), Math.min(height, Math.ceil(box[3]))];
  const [cropWidth, cropHeight] = [x2 - x1, y2 - y1];
  if (!(cropWidth >= 1 && cropHeight >= 1)) return null;
  const scale = Math.min(cropSize / cropWidth, cropSize / cropHeight);
  const newWidth = Math.min(cropSize, Math.max(1, Math.round(cropWidth * scale)));
  const newHeight = Math.min(cropSize, Math.max(1, Math.round(cropHeight * scale)));
  const across = taps(cropWidth, newWidth);
  const down = taps(cropHeight, newHeight);
  const base = index * cropValues;
  tensor.fill(0, base, base + cropValues);
  for (let y = 0; y < newHeight; y += 1) {
    const upper = ((down.first[y] ?? 0) + y1) * width;
    const lower = ((down.second[y] ?? 0) + y1) * width;
    const wy = down.weight[y] ?? 0;
    let at = base + y * cropSize;
    for (let x = 0; x < newWidth; x += 1, at += 1) {
      const left = (across.first[x] ?? 0) + x1;
      const right = (across.second[x] ?? 0) + x1;
      const wx = across.weight[x] ?? 0;
      const [a, b, c, d] = [(upper + left) * 3, (upper + right) * 3, (lower + left) * 3, (lower + right) * 3];
      for (let channel = 0; channel < 3; channel += 1) {
        const top = (data[a + channel] ?? 0) * (1 - wx) + (data[b + channel] ?? 0) * wx;
        const bottom = (data[c + channel] ?? 0) * (1 - wx) + (data[d + channel] ?? 0) * wx;
        tensor[at + (2 - channel) * plane] = Math.round(top + (bottom - top) * wy);
      }
    }
  }
  return { x: x1, y: y1, scaleX: newWidth / cropWidth, scaleY: newHeight / cropHeight };
}
