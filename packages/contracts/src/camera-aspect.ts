import { isCameraId } from './camera-id.ts';
import { type FrameEntry, mostAspect } from './frame-entry.ts';
import { matchesGlob } from './glob.ts';
import type { Size } from './image.ts';
import { refusing, requireOptions } from './options.ts';

/**
 * Source of a frame's aspect: `entry` (its fields `width` and `height`), `camera_aspects` (its camera's
 * configuration), `frame_aspect` (the assumption for square frames), or `frame` (the frame as it is).
 */
export type AspectSource = 'entry' | 'camera_aspects' | 'frame_aspect' | 'frame';

/** The aspect of the picture that a camera saw. */
export interface CameraAspect {
  /** Width over height. */
  readonly aspectRatio: number;
  readonly source: AspectSource;
  /**
   * Aspect in `cameraAspects` that is not used, because the camera's frames are not square and have another
   * aspect.
   */
  readonly unusedAspectRatio?: number;
}

export interface CameraAspectOptions {
  /** Aspects of cameras by glob; the first one that matches counts. Default: none. */
  readonly cameraAspects?: readonly CameraAspectRule[];
  /** Width over height of the cameras whose frames come square; null: they are square. Default 16/9. */
  readonly frameAspect?: number | null;
}

/** Which cameras have which aspect. */
export interface CameraAspectRule {
  /** Glob over camera ids: `cam_01`, `cam_entrance_*`. */
  readonly cameras: string;
  /** Width over height. */
  readonly aspectRatio: number;
}

/** Largest error of rounding to an even side, px, and a little for the arithmetic. */
const mostRounding = 1.001;

/** Cameras whose rule is cached. */
const maxCameras = 20_000;

/**
 * Reads `16:9`, `2560x1440` or `1.85:1` as width over height.
 *
 * @returns Null for anything else, and for an aspect beyond 100:1 or 1:100.
 */
export function parseAspectRatio(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*[:x]\s*(\d+(?:\.\d+)?)\s*$/i.exec(text);
  const ratio = Number(match?.[1]) / Number(match?.[2]);
  return ratio >= 1 / mostAspect && ratio <= mostAspect ? ratio : null;
}

/** One `camera=W:H`, or what is wrong with it. */
function ruleOf(part: string): CameraAspectRule | string {
  const at = part.lastIndexOf('=');
  const cameras = part.slice(0, Math.max(0, at)).trim();
  const aspectRatio = parseAspectRatio(part.slice(at + 1));
  if (aspectRatio === null || !isCameraId(cameras) || cameras.includes('=')) {
    return `expected camera=W:H, such as cam_01=4:3 or cam_*=1920x1080, but received "${part.trim()}"`;
  }
  try {
    matchesGlob(cameras, 'x');
    return { cameras, aspectRatio };
  } catch {
    return `expected ranges like [a-z] but received "${part.trim()}"`;
  }
}

/**
 * Reads `cam_01=4:3,cam_entrance_*=1920x1080`. Commas and `=` in the name of a camera, and spaces at its ends, are
 * written as `?`.
 *
 * @throws SyntaxError naming every part that is not `camera=W:H`.
 */
export function parseCameraAspects(text: string): CameraAspectRule[] {
  const rules = text.split(',').map(ruleOf);
  const problems = rules.filter((rule) => typeof rule === 'string');
  if (problems.length > 0) throw new SyntaxError(problems.join('; '));
  return rules.filter((rule) => typeof rule !== 'string');
}

/**
 * Creates the rule for the aspect of a camera's picture. It uses the entry's `width` and `height`; else, for an
 * exactly square frame, `cameraAspects`, else `frameAspect`. Ingestors squash to a square; other frames are as
 * the camera saw them.
 *
 * @example
 * const aspectOf = createCameraAspect({ cameraAspects: parseCameraAspects('cam_01=4:3') });
 * aspectOf({ cameraId: 'cam_02' }, { width: 640, height: 640 }); // { aspectRatio: 16 / 9, source:
 * 'frame_aspect' }
 */
export function createCameraAspect(
  options: CameraAspectOptions = {},
): (entry: Pick<FrameEntry, 'cameraId' | 'originalSize'>, frame: Size) => CameraAspect {
  const { cameraAspects = [], frameAspect = 16 / 9 } = requireOptions(options, refusing);
  const known = new Map<string, CameraAspectRule | undefined>();
  const ruleOfCamera = (cameraId: string): CameraAspectRule | undefined => {
    if (known.has(cameraId)) return known.get(cameraId);
    const rule = cameraAspects.find(({ cameras }) => matchesGlob(cameras, cameraId));
    if (known.size >= maxCameras) known.clear();
    known.set(cameraId, rule);
    return rule;
  };
  return ({ cameraId, originalSize }, { width, height }) => {
    if (originalSize !== undefined) {
      return { aspectRatio: originalSize.width / originalSize.height, source: 'entry' };
    }
    const rule = ruleOfCamera(cameraId);
    if (width !== height) {
      const isOther = rule !== undefined && pixelAspectRatioOf({ width, height }, rule.aspectRatio) !== 1;
      const asItIs = { aspectRatio: width / height, source: 'frame' } as const;
      return isOther ? { ...asItIs, unusedAspectRatio: rule.aspectRatio } : asItIs;
    }
    if (rule !== undefined) return { aspectRatio: rule.aspectRatio, source: 'camera_aspects' };
    if (frameAspect === null) return { aspectRatio: 1, source: 'frame' };
    return { aspectRatio: frameAspect, source: 'frame_aspect' };
  };
}

/**
 * Width of a pixel over its height in a frame. Exactly 1 if the frame has the camera's aspect, up to the
 * rounding of a side to whole or even pixels.
 */
export function pixelAspectRatioOf({ width, height }: Size, aspectRatio: number): number {
  const off = Math.min(Math.abs(height * aspectRatio - width), Math.abs(width / aspectRatio - height));
  return off <= mostRounding ? 1 : aspectRatio * (height / width);
}
