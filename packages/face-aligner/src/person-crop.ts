import type { RgbImage, Xyxy } from '@trinetra/contracts';

/** How a face model wants its crops: `[3, height, width]`, each value `(level - mean) / divisor`. */
export interface CropFormat {
  /** Px. */
  readonly width: number;
  readonly height: number;
  readonly channels: 'rgb' | 'bgr';
  readonly mean: number;
  readonly divisor: number;
}

/** Numbers of one crop. */
export const valuesPerCrop = ({ width, height }: CropFormat): number => 3 * width * height;

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

/** As Python's `round`: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Fits a person's box (outward to whole pixels) into the top left of the model's input, the longer side filled, the
 * rest level 0, and writes it into `tensor` as crop number `index`. Null for a box without a pixel in the image.
 *
 * @param stretch How much wider than high the camera saw a pixel of the image; 1 where the image was not squashed.
 */
export function writePersonCrop(
  image: RgbImage,
  box: Xyxy,
  format: CropFormat,
  tensor: Float32Array,
  index: number,
  stretch = 1,
): CropGeometry | null {
  const { data, width, height } = image;
  const { mean, divisor } = format;
  const [x1, y1] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [x2, y2] = [Math.min(width, Math.ceil(box[2])), Math.min(height, Math.ceil(box[3]))];
  const [cropWidth, cropHeight] = [x2 - x1, y2 - y1];
  if (!(cropWidth >= 1 && cropHeight >= 1)) return null;
  const scale = Math.min(format.width / (cropWidth * stretch), format.height / cropHeight);
  const newWidth = Math.min(format.width, Math.max(1, roundHalfEven(cropWidth * stretch * scale)));
  const newHeight = Math.min(format.height, Math.max(1, roundHalfEven(cropHeight * scale)));
  const across = taps(cropWidth, newWidth);
  const down = taps(cropHeight, newHeight);
  const values = valuesPerCrop(format);
  const plane = values / 3;
  const [base, last] = [index * values, format.channels === 'bgr' ? 2 : 0];
  tensor.fill((0 - mean) / divisor, base, base + values);
  for (let y = 0; y < newHeight; y += 1) {
    const upper = ((down.first[y] ?? 0) + y1) * width;
    const lower = ((down.second[y] ?? 0) + y1) * width;
    const wy = down.weight[y] ?? 0;
    let at = base + y * format.width;
    for (let x = 0; x < newWidth; x += 1, at += 1) {
      const left = (across.first[x] ?? 0) + x1;
      const right = (across.second[x] ?? 0) + x1;
      const wx = across.weight[x] ?? 0;
      const [a, b, c, d] = [(upper + left) * 3, (upper + right) * 3, (lower + left) * 3, (lower + right) * 3];
      for (let channel = 0; channel < 3; channel += 1) {
        const top = (data[a + channel] ?? 0) * (1 - wx) + (data[b + channel] ?? 0) * wx;
        const bottom = (data[c + channel] ?? 0) * (1 - wx) + (data[d + channel] ?? 0) * wx;
        const level = Math.round(top + (bottom - top) * wy);
        tensor[at + Math.abs(last - channel) * plane] = (level - mean) / divisor;
      }
    }
  }
  return { x: x1, y: y1, scaleX: newWidth / cropWidth, scaleY: newHeight / cropHeight };
}
