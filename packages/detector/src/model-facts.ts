import type { Size } from '@trinetra/contracts';
import {
  type ByteInput,
  type ModelInfo,
  type PictureOptions,
  readImageInput,
} from '@trinetra/inference-runtime';

/** How a detector is made to take frames of bytes, a quarter of the memory; for `byteInput` of `loadModel`. */
export const detectorByteInput: ByteInput = { divisor: 255 };

/** The size in the metadata, for models whose height and width are symbolic. */
function metadataSize(info: Pick<ModelInfo, 'metadata'>): [number, number] | null {
  const match = /^\[(\d+),\s*(\d+)\]$/.exec(info.metadata['imgsz'] ?? '');
  const size: [number, number] = [Number(match?.[1]), Number(match?.[2])];
  return size.every((side) => side > 0) ? size : null;
}

/** The next multiple of the stride, as Ultralytics takes an `imgsz` that is none. */
const whole = (side: number, stride: number): number => Math.ceil(side / stride) * stride;

/** Of the coarsest features; 32 where the metadata does not tell. */
function metadataStride(info: Pick<ModelInfo, 'metadata'>): number {
  const stride = Number(info.metadata['stride']);
  return Number.isInteger(stride) && stride >= 1 && stride <= 512 ? stride : 32;
}

/** What a detector runs at. */
export interface DetectorSizes {
  /** What it was exported for, px. */
  readonly inputSize: Size;
  /** Whether height and width are open. */
  readonly hasOpenSides: boolean;
  /** Sides of open inputs are multiples of this, px. */
  readonly stride: number;
}

/** What a detector runs at, by its file. Null where it takes no picture. */
export function detectorSizesOf(info: Pick<ModelInfo, 'inputs' | 'metadata'>): DetectorSizes | null {
  const image = readImageInput(info.inputs[0]);
  if (image === null) return null;
  const size = metadataSize(info);
  const stride = metadataStride(info);
  return {
    inputSize: {
      width: image.width ?? whole(size?.[1] ?? 640, stride),
      height: image.height ?? whole(size?.[0] ?? 640, stride),
    },
    hasOpenSides: image.width === null && image.height === null,
    stride,
  };
}

/** What the pictures are like that a detector is proven on: RGB 0..1, of the size that it was exported for. */
export function detectorSamplePicture(info: Pick<ModelInfo, 'inputs' | 'metadata'>): PictureOptions {
  return { range: [0, 1], size: detectorSizesOf(info)?.inputSize };
}
