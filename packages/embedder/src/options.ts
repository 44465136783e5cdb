import type { InferenceModel, RunObserver } from '@trinetra/inference-runtime';
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
  /** Sizes that runs of a model without a fixed batch are padded to, such as 1, 4 and 16 on GPUs; default: none. */
  readonly runSizes?: readonly number[] | undefined;
  /** Is told how the runs go. */
  readonly observer?: RunObserver | undefined;
}

export type EmbedderSettings = Readonly<Required<Omit<EmbedderOptions, 'model' | 'observer' | 'pixels'>>>;

/** The defaults, frozen. */
export const defaultEmbedderOptions: EmbedderSettings = Object.freeze({
  maxRunSize: 16,
  runSizes: undefined,
});

const schema = z.strictObject({
  maxRunSize: z.int().min(1).max(16),
  runSizes: z.array(z.int().min(1).max(16)).min(1).optional(),
});

/** @throws {EmbedderError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseEmbedderOptions(
  given: Omit<EmbedderOptions, 'model' | 'observer' | 'pixels'>,
): EmbedderSettings {
  const parsed = schema.safeParse({ ...defaultEmbedderOptions, ...given });
  if (parsed.success) return { runSizes: undefined, ...parsed.data };
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.') || 'options';
    const value: unknown = Reflect.get(given, String(issue.path[0] ?? ''));
    return `${name}: ${issue.message}${value === undefined ? '' : `, received ${String(value)}`}`;
  });
  throw new EmbedderError('invalid_options', problems.join('; '), { cause: parsed.error });
}
