import type { FaceLandmarks, Point, RgbImage, Xyxy } from '@trinetra/contracts';
import type { InferenceModel } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { assignFaces } from './assign-faces.ts';
import { FaceAlignerError } from './errors.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { type CropGeometry, cropSize, cropValues, writePersonCrop } from './person-crop.ts';
import { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
import { warpAffine } from './warp-affine.ts';
import { checkYunet, decodeYunet } from './yunet.ts';

/** Side of an aligned face, px. */
const alignedSize = 112;

/** Crops a run, at most: bounds the memory of a crowd. */
const maxCropsPerRun = 4;

export interface FaceAlignerOptions {
  /** A YuNet model; null: no face is looked for. */
  readonly model: InferenceModel | null;
  /** Without a model: `none` (default), or `head-crop` for the unaligned upper part of each person. */
  readonly fallback?: 'none' | 'head-crop';
  /** Least score of a face, 0..1; default 0.6. */
  readonly scoreThreshold?: number;
  /** Least width of a face, px of the image; default 12. */
  readonly minFacePx?: number;
}

export const defaultFaceAlignerOptions: Readonly<Required<Omit<FaceAlignerOptions, 'model'>>> = Object.freeze(
  {
    fallback: 'none',
    scoreThreshold: 0.6,
    minFacePx: 12,
  },
);

const schema = z.strictObject({
  fallback: z.enum(['none', 'head-crop']),
  scoreThreshold: z.number().min(0).max(1),
  minFacePx: z.number().min(1),
});

/** A person's face, or why there is none. Coordinates are pixels of the image as given. */
export type FaceResult =
  | {
      readonly found: true;
      readonly bbox: Xyxy;
      readonly landmarks: FaceLandmarks;
      readonly score: number;
      /** `[112, 112, 3]` RGB. */
      readonly aligned: Uint8Array;
    }
  | { readonly found: false; readonly reason: 'no_face' | 'too_small' | 'failed' | 'not_run' };

export interface AlignOptions {
  /** Size of the camera's picture, px, where the image was squashed: faces are aligned in its proportions. */
  readonly originalSize?: { readonly width: number; readonly height: number };
  readonly signal?: AbortSignal;
}

export interface FaceAligner {
  /**
   * Finds and aligns the face of each person; one result a person, in order. No two persons get the same face. A run
   * that fails costs only its own persons.
   */
  align(image: RgbImage, persons: readonly Xyxy[], options?: AlignOptions): Promise<FaceResult[]>;
}

/** Warps a face to the template, in the proportions that the camera saw. */
function alignFace(
  image: RgbImage,
  landmarks: FaceLandmarks,
  stretchX: number,
  stretchY: number,
): Uint8Array | null {
  const seen = landmarks.map(([x, y]): Point => [x * stretchX, y * stretchY]);
  const transform = similarityTransform(seen, arcfaceTemplate);
  const back = transform === null ? null : invertAffine(transform);
  if (back === null) return null;
  const [a, b, c, d, e, f] = back;
  const toImage: Affine = [
    a / stretchX,
    b / stretchX,
    c / stretchX,
    d / stretchY,
    e / stretchY,
    f / stretchY,
  ];
  return warpAffine(image, toImage, alignedSize);
}

function headCrop(image: RgbImage, [x1, y1, x2, y2]: Xyxy): FaceResult {
  const side = Math.max(1, Math.min(x2 - x1, (y2 - y1) / 3));
  const left = (x1 + x2) / 2 - side / 2;
  const scale = side / alignedSize;
  const aligned = warpAffine(image, [scale, 0, left, 0, scale, y1], alignedSize);
  const [a, b, c, d, e] = arcfaceTemplate.map(([x, y]): Point => [left + x * scale, y1 + y * scale]) as [
    Point,
    Point,
    Point,
    Point,
    Point,
  ];
  return {
    found: true,
    bbox: [left, y1, left + side, y1 + side],
    landmarks: [a, b, c, d, e],
    score: 0,
    aligned,
  };
}

/** From the pixels of a crop to those of the image. */
function toImage(face: FaceCandidate, crop: CropGeometry): FaceCandidate {
  const x = (value: number): number => value / crop.scaleX + crop.x;
  const y = (value: number): number => value / crop.scaleY + crop.y;
  const [a, b, c, d, e] = face.landmarks.map((point): Point => [x(point[0]), y(point[1])]) as [
    Point,
    Point,
    Point,
    Point,
    Point,
  ];
  return {
    bbox: [x(face.bbox[0]), y(face.bbox[1]), x(face.bbox[2]), y(face.bbox[3])],
    landmarks: [a, b, c, d, e],
    score: face.score,
  };
}

/**
 * Makes a face aligner over a loaded YuNet model.
 *
 * @throws {FaceAlignerError} `model_mismatch` for another kind of model, `invalid_options` for options out of range.
 */
export function createFaceAligner(options: FaceAlignerOptions): FaceAligner {
  const { model, ...given } = options;
  const parsed = schema.safeParse({ ...defaultFaceAlignerOptions, ...given });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new FaceAlignerError('invalid_options', problems.join('; '));
  }
  const { fallback, scoreThreshold, minFacePx } = parsed.data;
  if (model === null) {
    return {
      align: async (image, persons) =>
        persons.map((person) =>
          fallback === 'head-crop' ? headCrop(image, person) : { found: false, reason: 'not_run' },
        ),
    };
  }
  const yunet = model;
  const { input, dynamicBatch } = checkYunet(yunet);
  const runSize = dynamicBatch ? maxCropsPerRun : 1;
  let spare: Float32Array | undefined;

  async function findFaces(
    image: RgbImage,
    persons: readonly Xyxy[],
    signal: AbortSignal | undefined,
  ): Promise<FaceCandidate[][]> {
    const values = persons.length * cropValues;
    const tensor = spare?.length === values ? spare : new Float32Array(values);
    spare = undefined;
    const crops = persons.map((person, index) => writePersonCrop(image, person, tensor, index));
    const feeds = {
      [input]: { type: 'float32', data: tensor, dims: [persons.length, 3, cropSize, cropSize] },
    } as const;
    const { outputs, feeds: returned } = await yunet.run(feeds, { signal });
    const back = returned[input]?.data;
    if (back instanceof Float32Array) spare = back;
    return crops.map((crop, index) =>
      crop === null ? [] : decodeYunet(outputs, index, scoreThreshold).map((face) => toImage(face, crop)),
    );
  }

  return {
    align: async (image, persons, alignOptions = {}) => {
      const { originalSize, signal } = alignOptions;
      const failed = new Set<number>();
      const candidates: FaceCandidate[][] = [];
      for (let at = 0; at < persons.length; at += runSize) {
        signal?.throwIfAborted();
        const part = persons.slice(at, at + runSize);
        try {
          candidates.push(...(await findFaces(image, part, signal)));
        } catch (error) {
          if (signal?.aborted === true) throw error;
          for (const [index] of part.entries()) {
            failed.add(at + index);
            candidates.push([]);
          }
        }
      }
      const choice = assignFaces(persons, candidates);
      const stretchX = originalSize === undefined ? 1 : originalSize.width / image.width;
      const stretchY = originalSize === undefined ? 1 : originalSize.height / image.height;
      return persons.map((_, person): FaceResult => {
        const face = candidates[person]?.[choice[person] ?? -1];
        if (failed.has(person)) return { found: false, reason: 'failed' };
        if (face === undefined) return { found: false, reason: 'no_face' };
        if (face.bbox[2] - face.bbox[0] < minFacePx) return { found: false, reason: 'too_small' };
        const aligned = alignFace(image, face.landmarks, stretchX, stretchY);
        return aligned === null ? { found: false, reason: 'no_face' } : { found: true, ...face, aligned };
      });
    },
  };
}
