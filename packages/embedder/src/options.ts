import { type ParseOptions, parseOptions, refuseWith, requireOptions } from '@trinetra/contracts';
import { type InferenceModel, type RunObserver, requireModel } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { EmbedderError } from './errors.ts';
import type { FacePixels } from './pixels.ts';

export interface EmbedderOptions {
  /** Takes `[n, 3, 112, 112]` or `[n, 112, 112, 3]` (float32, float16 or uint8), gives `[n, 512]` (float32 or float16). */
  readonly model: InferenceModel;
  /** How the model wants its pixels; default: as the file beside it or its graph tells, see `choosePixels`. */
  readonly pixels?: FacePixels | undefined;
  /** Faces a run, 1..16; default 16. */
  readonly maxRunSize?: number;
  /** Sizes that runs of a model without a fixed batch are padded to, such as {@link embedderRunSizes} on GPUs; default: none. */
  readonly runSizes?: readonly number[] | undefined;
  /** Is told how the runs go. */
  readonly observer?: RunObserver | undefined;
}

/** The plain values of the options. */
type EmbedderValues = Pick<EmbedderOptions, 'maxRunSize' | 'runSizes'>;
export type EmbedderSettings = EmbedderValues & Required<Pick<EmbedderValues, 'maxRunSize'>>;

const schema = z.strictObject({
  maxRunSize: z.int().min(1).max(16).default(16),
  runSizes: z.array(z.int().min(1).max(16)).min(1).optional(),
});

/** The defaults, frozen. */
export const defaultEmbedderOptions: EmbedderSettings = Object.freeze(schema.parse({}));

/**
 * Faces of the runs on a GPU, for `runSizes`: engines are built, and memory is laid out, for each size that comes.
 *
 * @param most Faces a run, at most: the largest of the sizes.
 */
export const embedderRunSizes = (most: number): number[] => [
  ...[1, 4, 16].filter((size) => size < most),
  most,
];

const refusing: ParseOptions = refuseWith(EmbedderError);

/**
 * The options, all looked at.
 *
 * @throws {EmbedderError} `invalid_options`, naming every option that is unknown or out of range, or without a model.
 */
export function readEmbedderOptions(
  options: EmbedderOptions,
): Omit<EmbedderOptions, keyof EmbedderValues> & EmbedderSettings {
  const { model, pixels, observer, ...given } = requireOptions(options, refusing);
  return { ...parseOptions(schema, given, refusing), model: requireModel(model, refusing), pixels, observer };
}
