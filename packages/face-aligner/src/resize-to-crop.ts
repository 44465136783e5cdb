import type { RgbImage } from '@trinetra/contracts';
import { type CropLevels, cropLevels } from './crop-levels.ts';
import { type KernelsInUse, scratch, useKernels } from './kernels.ts';
import type { CropFormat } from './person-crop.ts';

/** Which part of the image becomes how large; px. */
interface ResizedPart {
  readonly x1: number;
  readonly y1: number;
  readonly cropWidth: number;
  readonly cropHeight: number;
  readonly newWidth: number;
  readonly newHeight: number;
}

/** Rows of a crop that are written before they are copied to the tensor: few enough to stay in the cache. */
const stripRows = 16;

/** Where things lie in the memory of the kernels, in bytes: one row of the image, six resized ones, a strip of the crop. */
interface Layout {
  readonly taps: number;
  readonly source: number;
  /** Two resized rows, each three rows of one channel, `stride` apart. */
  readonly upper: number;
  readonly lower: number;
  readonly stride: number;
  /** `[3, stripRows, width]` float32. */
  readonly strip: number;
  readonly plane: number;
  readonly end: number;
}

function layOut(cropWidth: number, newWidth: number, width: number): Layout {
  const stride = Math.ceil(newWidth / 4) * 16;
  const source = scratch + 2 * stride;
  const upper = source + Math.ceil((cropWidth * 3 + 8) / 16) * 16;
  const lower = upper + 3 * stride;
  const plane = stripRows * width * 4;
  // Tensors begin near a multiple of 4096. Where the strip does too, some CPUs take ten times as long to copy it.
  const strip = 1024 + Math.ceil((lower + 3 * stride) / 4096) * 4096;
  return { taps: scratch, source, upper, lower, stride, strip, plane, end: strip + 3 * plane };
}

/** Gives the rows of the part, resized and as the model wants them, one by one from the top. */
function createRowWriter(
  { data, width }: RgbImage,
  { x1, y1, cropWidth, cropHeight, newWidth, newHeight }: ResizedPart,
  { taps, source, upper, lower, stride, plane }: Layout,
  { kernels, bytes, floats }: KernelsInUse,
  { table, lookUp, mean, factor }: CropLevels,
): (y: number, line: number) => void {
  const pixels = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let [above, below] = [upper, lower];
  let [aboveRow, belowRow] = [-1, -1];
  const load = (row: number, target: number): void => {
    const from = ((y1 + row) * width + x1) * 3;
    pixels.copy(bytes, source, from, from + cropWidth * 3);
    kernels.resizeRow(source, taps, newWidth, target, stride);
  };
  kernels.planTaps(taps, cropWidth, newWidth);

  return (y, line) => {
    // As planTaps does across.
    const position = Math.min(cropHeight - 1, Math.max(0, ((y + 0.5) * cropHeight) / newHeight - 0.5));
    const first = Math.floor(position);
    const second = Math.min(cropHeight - 1, first + 1);
    if (first === belowRow) {
      [above, below] = [below, above];
      [aboveRow, belowRow] = [belowRow, aboveRow];
    }
    if (first !== aboveRow) load(first, above);
    if (second !== belowRow) load(second, below);
    [aboveRow, belowRow] = [first, second];
    const weight = Math.round((position - first) * 2048);
    kernels.writeRow(above, below, stride, weight, newWidth, line, plane, mean, factor);
    if (!lookUp) return;
    for (let channel = 0, at = line / 4; channel < 3; channel += 1, at += plane / 4) {
      for (let i = at; i < at + newWidth; i += 1) floats[i] = table[floats[i] as number] as number;
    }
  };
}

/**
 * Resizes a part of the image into the top left of a crop, bilinear in OpenCV's fixed-point arithmetic; the rest of the
 * crop becomes level 0. Row by row the part goes into the memory of the kernels, and the crop comes out in strips.
 *
 * @param at Of the crop's first value in `tensor`.
 */
export function resizeToCrop(
  image: RgbImage,
  part: ResizedPart,
  format: CropFormat,
  tensor: Float32Array,
  at: number,
): void {
  const { width, height, channels } = format;
  const layout = layOut(part.cropWidth, part.newWidth, width);
  const { strip, plane, end } = layout;
  const inUse = useKernels(end);
  const { bytes, floats } = inUse;
  const levels = cropLevels(format);
  const writeRow = createRowWriter(image, part, layout, inUse, levels);
  const fillBlack = (from: number, to: number): void => {
    floats.fill(levels.table[0] as number, from / 4, to / 4);
  };
  const target = Buffer.from(tensor.buffer, tensor.byteOffset, tensor.byteLength);

  fillBlack(strip, end);
  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    const filled = Math.min(rows, Math.max(0, part.newHeight - top));
    for (let row = 0; row < filled; row += 1) writeRow(top + row, strip + row * width * 4);
    for (let channel = 0; channel < 3; channel += 1) {
      const from = strip + channel * plane;
      if (filled < rows) fillBlack(from + filled * width * 4, from + rows * width * 4);
      const planeOfChannel = channels === 'bgr' ? 2 - channel : channel;
      bytes.copy(target, (at + (planeOfChannel * height + top) * width) * 4, from, from + rows * width * 4);
    }
  }
}
