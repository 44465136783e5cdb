import {
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
} from '@trinetra/contracts';
import { type InferenceModel, type RunObserver, requireModel } from '@trinetra/inference-runtime';
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
type FaceAlignerSettings = FaceAlignerValues &
  Required<Pick<FaceAlignerValues, 'fallback' | 'scoreThreshold' | 'minFacePx'>>;

const schema = z.strictObject({
  fallback: z.enum(['none', 'head-crop']).default('none'),
  scoreThreshold: z.number().min(0).max(1).default(0.6),
  minFacePx: z.number().min(1).default(12),
  runSizes: z.array(z.int().min(1).max(64)).min(1).optional(),
  maxCropsPerRun: z.int().min(1).max(64).optional(),
});

/** The defaults, frozen. */
export const defaultFaceAlignerOptions: FaceAlignerSettings = Object.freeze(schema.parse({}));

/** Crops of the runs on a GPU, for `runSizes`: engines are built, and memory is laid out, for each size that comes. */
export const faceRunSizes: readonly number[] = Object.freeze([1, 4, 16]);

const refusing: ParseOptions = refuseWith(FaceAlignerError);

/**
 * The options, all looked at.
 *
 * @throws {FaceAlignerError} `invalid_options`, naming every option that is unknown or out of range, or without `model`.
 */
export function readFaceAlignerOptions(
  options: FaceAlignerOptions,
): Omit<FaceAlignerOptions, keyof FaceAlignerValues> & FaceAlignerSettings {
  const { model, logger, observer, ...given } = requireOptions(options, refusing);
  return {
    ...parseOptions(schema, given, refusing),
    model: model === null ? null : requireModel(model, refusing),
    observer,
    ...(logger !== undefined && { logger }),
  };
}

/** As {@link readFaceAlignerOptions}, where there must be a model. */
export function readFaceFinderOptions(
  options: FaceAlignerOptions,
): FaceAlignerSettings & { readonly model: InferenceModel } {
  const { model, ...settings } = readFaceAlignerOptions(options);
  return { ...settings, model: requireModel(model, refusing) };
}
