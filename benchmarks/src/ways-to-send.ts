import { createCameraAspect, type RgbImage, type Size } from '@trinetra/contracts';
import { resizeLinear } from '@trinetra/frame-decoder';
import sharp from 'sharp';

/** One way to send a camera's picture, and what the worker is told. */
export interface WayToSend {
  readonly name: string;
  /** Change of the picture; null: send the file as it is. */
  readonly frame: { sizeOf(picture: Size): Size; readonly quality: number } | null;
  /** The entry has `width` and `height` of the camera's picture. */
  readonly isTold: boolean;
  /** FRAME_ASPECT of the worker; null: keep. */
  readonly frameAspect: number | null;
}

const squashSide = 640;
const usualQuality = 85;
/** The worker's own default. */
const assumedAspect = 16 / 9;

function squashed(quality: number): NonNullable<WayToSend['frame']> {
  return { sizeOf: () => ({ width: squashSide, height: squashSide }), quality };
}

/** A picture's size in proportion, with its longer side at most `side` px. Never enlarges. */
export function sizeWithin(side: number, { width, height }: Size): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: scaled(width), height: scaled(height) };
}

function inProportion(side: number, quality: number): WayToSend {
  return {
    name: `in proportion, longer side ${side} px, q${quality}`,
    frame: { sizeOf: (picture) => sizeWithin(side, picture), quality },
    isTold: true,
    frameAspect: assumedAspect,
  };
}

/** Tested longer sides of frames in proportion, px. */
export const proportionalSides = [640, 960, 1280] as const;

/** The reference: everything that the camera saw. */
export const fullPicture: WayToSend = {
  name: 'full picture (reference)',
  frame: null,
  isTold: true,
  frameAspect: assumedAspect,
};

/** All compared ways, the reference first. */
export const waysToSend: readonly WayToSend[] = [
  fullPicture,
  {
    name: 'squashed, taken as it is (`FRAME_ASPECT=keep`)',
    frame: squashed(usualQuality),
    isTold: false,
    frameAspect: null,
  },
  {
    name: 'squashed, nothing told (16:9 assumed)',
    frame: squashed(usualQuality),
    isTold: false,
    frameAspect: assumedAspect,
  },
  {
    name: 'squashed, `width` and `height` sent (or `CAMERA_ASPECTS`)',
    frame: squashed(usualQuality),
    isTold: true,
    frameAspect: assumedAspect,
  },
  {
    name: 'the same, q95',
    frame: squashed(95),
    isTold: true,
    frameAspect: assumedAspect,
  },
  ...proportionalSides.map((side) => inProportion(side, usualQuality)),
  inProportion(960, 70),
  inProportion(960, 95),
  inProportion(640, 95),
];

/** The aspect that the worker assumes for a frame of a size. */
export function aspectRatioOf({ isTold, frameAspect }: WayToSend, picture: Size): (frame: Size) => number {
  const aspectOf = createCameraAspect({ frameAspect });
  const entry = { cameraId: 'camera', ...(isTold ? { originalSize: picture } : {}) };
  return (frame) => aspectOf(entry, frame).aspectRatio;
}

/**
 * The frame as it is written to Redis: resized as cv2.INTER_LINEAR does, and encoded as cv2.imencode does,
 * 4:2:0.
 */
export async function encodeFrame(way: WayToSend, picture: RgbImage, file: Buffer): Promise<Buffer> {
  if (way.frame === null) return file;
  const { width, height } = way.frame.sizeOf(picture);
  const { data } =
    width === picture.width && height === picture.height ? picture : resizeLinear(picture, width, height);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: way.frame.quality, chromaSubsampling: '4:2:0', optimiseCoding: false })
    .toBuffer();
}
