import type { Logger } from '@trinetra/contracts';
import type { InferenceModel, RunObserver } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { FaceAlignerError } from './errors.ts';

export interface FaceAlignerOptions {
  /** A YuNet model, or SCRFD with five landmarks; null: no face is looked for. */
  readonly model: InferenceModel | null;
  /** Without a model: `none` (default), or `head-crop` for the unaligned upper part of each person. */
  readonly fallback?: 'none' | 'head-crop';
  /** Least score of a face, 0..1; default 0.6. */
  readonly scoreThreshold?: number;
  /** Least width of a face, px of the image in its true proportions, 1 or more; default 12. */
  readonly minFacePx?: number;
  /** Sizes that runs of a model without a fixed batch are padded to, such as 1, 4 and 16 on GPUs; default: none. The largest is what a run has at most. */
  readonly runSizes?: readonly number[] | undefined;
  /** Crops a run at most, 1..64; default: the largest of `runSizes`, else 4, which bounds the memory of a crowd. */
  readonly maxCropsPerRun?: number | undefined;
  /** Told of failed runs; default: nobody is. */
  readonly logger?: Logger;
  /** Is told how the runs go. */
  readonly observer?: RunObserver | undefined;
}

/** The plain values of the options. */
type FaceAlignerValues = Omit<FaceAlignerOptions, 'model' | 'logger' | 'observer'>;

export const defaultFaceAlignerOptions: Readonly<Required<FaceAlignerValues>> = Object.freeze({
  fallback: 'none',
  scoreThreshold: 0.6,
  minFacePx: 12,
  runSizes: undefined,
  maxCropsPerRun: undefined,
});

const schema = z.strictObject({
  fallback: z.enum(['none', 'head-crop']),
  scoreThreshold: z.number().min(0).max(1),
  minFacePx: z.number().min(1),
  runSizes: z.array(z.int().min(1).max(64)).min(1).optional(),
  maxCropsPerRun: z.int().min(1).max(64).optional(),
});

/** @throws {FaceAlignerError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseFaceAlignerOptions(given: FaceAlignerValues): Required<FaceAlignerValues> {
  const parsed = schema.safeParse({ ...defaultFaceAlignerOptions, ...given });
  if (parsed.success) return { runSizes: undefined, maxCropsPerRun: undefined, ...parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
  );
  throw new FaceAlignerError('invalid_options', problems.join('; '));
}
