import { readFile } from 'node:fs/promises';
import type { Result } from '@trinetra/contracts';
import { faceSize } from '@trinetra/embedder';
import { createFaceFinder, type FaceFinder, faceByteInput } from '@trinetra/face-aligner';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import type { InferenceRuntime } from '@trinetra/inference-runtime';
import { UsageError } from '@trinetra/program';

/** The aligned face of a picture. */
export interface AlignedFace {
  /** `[112, 112, 3]` RGB. */
  readonly aligned: Uint8Array;
  /** How it came: the picture was an aligned face, had one face, or several, of which this is the largest. */
  readonly from: 'aligned' | 'one-face' | 'several-faces';
}

/** Loads a face model as the worker does; undefined without one. */
export async function loadFaceFinder(
  runtime: InferenceRuntime,
  file: string | undefined,
): Promise<FaceFinder | undefined> {
  if (file === undefined) return undefined;
  return createFaceFinder({ model: await runtime.loadModel(file, { byteInput: faceByteInput }) });
}

/**
 * Decodes a picture and gives its aligned face, or why there is none, in words. A picture of 112x112 px is one
 * already.
 *
 * @throws {UsageError} where the picture is no aligned face and there is no face model.
 */
export async function faceOfPicture(
  file: string,
  decoder: FrameDecoder,
  finder: FaceFinder | undefined,
): Promise<Result<AlignedFace>> {
  const decoded = await decoder.decode(await readFile(file));
  if (!decoded.ok) return { ok: false, reason: `the picture cannot be decoded (${decoded.reason})` };
  const { image } = decoded.value;
  try {
    if (image.width === faceSize && image.height === faceSize) {
      return { ok: true, value: { aligned: image.data.slice(), from: 'aligned' } };
    }
    if (finder === undefined) {
      throw new UsageError(
        `${file} has ${image.width}x${image.height} px and is no aligned face of 112x112: name a face model with --face`,
      );
    }
    const [largest, ...others] = await finder.find(image);
    if (largest === undefined) return { ok: false, reason: 'no face was found' };
    if (!largest.ok) {
      const tooSmall = largest.reason === 'too_small';
      return { ok: false, reason: tooSmall ? 'the face is too small' : 'the face cannot be aligned' };
    }
    const from = others.length > 0 ? 'several-faces' : 'one-face';
    return { ok: true, value: { aligned: largest.value.aligned, from } };
  } finally {
    decoder.release(decoded.value);
  }
}
