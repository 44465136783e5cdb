import { bufferOf, type KernelsInUse, kernelScratch, type RgbImage } from '@trinetra/contracts';
import type { CropFormat, CropTensor } from './crop-format.ts';
import { cropLevels } from './crop-levels.ts';
import { type FaceKernels, useKernels } from './kernels.ts';

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
  /** `[stripRows, width, 3]` of bytes. */
  readonly strip: number;
  /** The same as three planes of float32, `plane` apart. */
  readonly planes: number;
  readonly plane: number;
  readonly end: number;
}

/** What kernels write and read behind the last pixel, rounded up. */
const overrun = 16;

// Tensors begin near a multiple of 4096. Where a strip does too, some CPUs take ten times as long to copy it.
const besidePages = (at: number): number => 1024 + Math.ceil(at / 4096) * 4096;

function layOut(cropWidth: number, newWidth: number, width: number): Layout {
  const stride = Math.ceil(newWidth / 4) * 16;
  const taps = kernelScratch;
  const source = taps + 2 * stride;
  const upper = source + Math.ceil((cropWidth * 3 + 8) / 16) * 16;
  const lower = upper + 3 * stride;
  const strip = besidePages(lower + 3 * stride);
  const planes = besidePages(strip + stripRows * width * 3 + overrun);
  const plane = stripRows * width * 4 + overrun;
  return { taps, source, upper, lower, stride, strip, planes, plane, end: planes + 3 * plane };
}

/** Gives the rows of the part, resized, in the model's order of channels, one by one from the top. */
function createRowWriter(
  { data, width }: RgbImage,
  { x1, y1, cropWidth, cropHeight, newWidth, newHeight }: ResizedPart,
  { taps, source, upper, lower, stride }: Layout,
  { kernels, bytes }: KernelsInUse<FaceKernels>,
  { width: rowWidth, channels }: CropFormat,
): (y: number, line: number) => void {
  const pixels = bufferOf(data);
  const [first, step] = channels === 'rgb' ? [0, stride] : [2 * stride, -stride];
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
    const nearest = Math.floor(position);
    const next = Math.min(cropHeight - 1, nearest + 1);
    if (nearest === belowRow) {
      [above, below] = [below, above];
      [aboveRow, belowRow] = [belowRow, aboveRow];
    }
    if (nearest !== aboveRow) load(nearest, above);
    if (next !== belowRow) load(next, below);
    [aboveRow, belowRow] = [nearest, next];
    const weight = Math.round((position - nearest) * 2048);
    kernels.writeRow(above + first, below + first, step, weight, newWidth, line, rowWidth);
  };
}

/** Copies a strip of bytes into crops of bytes `[height, width, 3]`. */
function byteStrips(
  target: Uint8Array,
  at: number,
  { width }: CropFormat,
  { strip }: Layout,
  { bytes }: KernelsInUse<FaceKernels>,
): (top: number, rows: number) => void {
  const tensor = bufferOf(target);
  return (top, rows) => {
    bytes.copy(tensor, at + top * width * 3, strip, strip + rows * width * 3);
  };
}

/** Copies a strip of bytes, as the values that the model wants, into crops of float32 `[3, height, width]`. */
function floatStrips(
  target: Float32Array,
  at: number,
  format: CropFormat,
  { strip, planes, plane }: Layout,
  { kernels, bytes, floats }: KernelsInUse<FaceKernels>,
): (top: number, rows: number) => void {
  const { width, height } = format;
  const { table, lookUp, mean, factor } = cropLevels(format);
  const tensor = bufferOf(target);
  return (top, rows) => {
    kernels.writePlanes(strip, rows * width, planes, plane, mean, factor);
    for (let channel = 0; channel < 3; channel += 1) {
      const from = planes + channel * plane;
      const to = from + rows * width * 4;
      if (lookUp) {
        for (let i = from / 4; i < to / 4; i += 1) floats[i] = table[floats[i] as number] as number;
      }
      bytes.copy(tensor, (at + (channel * height + top) * width) * 4, from, to);
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
  tensor: CropTensor,
  at: number,
): void {
  const { width, height } = format;
  const layout = layOut(part.cropWidth, part.newWidth, width);
  const { strip } = layout;
  const inUse = useKernels(layout.end);
  const { bytes } = inUse;
  const writeRow = createRowWriter(image, part, layout, inUse, format);
  const copyStrip =
    tensor instanceof Uint8Array
      ? byteStrips(tensor, at, format, layout, inUse)
      : floatStrips(tensor, at, format, layout, inUse);

  for (let top = 0; top < height; top += stripRows) {
    const rows = Math.min(stripRows, height - top);
    const filled = Math.min(rows, Math.max(0, part.newHeight - top));
    for (let row = 0; row < filled; row += 1) {
      writeRow(top + row, strip + row * width * 3);
    }
    if (filled < rows) bytes.fill(0, strip + filled * width * 3, strip + rows * width * 3);
    copyStrip(top, rows);
  }
}
