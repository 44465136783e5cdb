import type { Failure, Letterbox, Size, Xyxy } from '@trinetra/contracts';
import { DetectorError } from './errors.ts';
import type { FrameTensor } from './frame-tensor.ts';
import { sizeText } from './input-sizes.ts';
import type { Candidate } from './nms.ts';

/** One frame as the model takes it, and how to find the way back. */
export interface DetectorInput {
  /**
   * The letterboxed picture, of the kind that the detector's `tensorType` says: `float32` is `[3, h, w]` RGB 0..1, `uint8` is
   * `[h, w, 3]` RGB 0..255, of one of its `inputSizes`. Never detached; in shared memory and alone in its run it is not copied either.
   */
  readonly tensor: FrameTensor;
  readonly letterbox: Pick<Letterbox, 'scaleX' | 'scaleY' | 'left' | 'top' | 'inputWidth' | 'inputHeight'>;
  /** Size of the frame, px. */
  readonly width: number;
  readonly height: number;
}

export interface Detection {
  /** `[x1, y1, x2, y2]` in the pixels of the frame, clipped to it. */
  readonly bbox: Xyxy;
  /** 0..1 */
  readonly confidence: number;
  readonly classId: number;
}

const arrays = { float32: Float32Array, uint8: Uint8Array } as const;

/** Back from the model's pixels to those of the frame; null for a box that lies in the padding. */
export function toDetection(candidate: Candidate, frame: DetectorInput): Detection | null {
  const { scaleX, scaleY, left, top } = frame.letterbox;
  const x = (value: number): number => Math.min(frame.width, Math.max(0, (value - left) / scaleX));
  const y = (value: number): number => Math.min(frame.height, Math.max(0, (value - top) / scaleY));
  const bbox: Xyxy = [x(candidate.x1), y(candidate.y1), x(candidate.x2), y(candidate.y2)];
  if (bbox[2] <= bbox[0] || bbox[3] <= bbox[1]) return null;
  return { bbox, confidence: candidate.confidence, classId: candidate.classId };
}

function invalidFrame(message: string): Failure {
  const error = new DetectorError('invalid_frame', message);
  return { ok: false, reason: error.code, message, error };
}

/** Why a frame cannot be run; null where it can. */
export function failureOfFrame(
  frame: DetectorInput,
  type: 'float32' | 'uint8',
  inputSizes: readonly Size[],
): Failure | null {
  const { tensor, width, height } = frame;
  const { scaleX, scaleY, left, top, inputWidth, inputHeight } = frame.letterbox;
  if (!inputSizes.some((size) => size.width === inputWidth && size.height === inputHeight)) {
    return invalidFrame(
      `letterbox: expected an input of ${inputSizes.map(sizeText).join(' or ')} but received ${inputWidth}x${inputHeight}`,
    );
  }
  const values = 3 * inputWidth * inputHeight;
  if (tensor.length !== values || !(tensor instanceof arrays[type])) {
    return invalidFrame(
      `tensor: expected ${values} numbers of ${type} for ${inputWidth}x${inputHeight} but received ${tensor.length} of a ${tensor.constructor.name}`,
    );
  }
  const positive = [scaleX, scaleY, width, height].every((value) => value > 0 && Number.isFinite(value));
  if (!positive || !Number.isFinite(left + top)) {
    return invalidFrame(
      `letterbox: expected a scale and a size above 0 but received ${JSON.stringify({ width, height, scaleX, scaleY, left, top })}`,
    );
  }
  return null;
}
