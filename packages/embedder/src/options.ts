import type { InferenceModel, RunObserver } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { EmbedderError } from './errors.ts';

export interface EmbedderOptions {
  /** Takes `[n, 3, 112, 112]` RGB, gives `[n, 512]`, both float32. */
  readonly model: InferenceModel;
  /** Faces a run, 1..16; default 16. */
  readonly maxRunSize?: number;
  /** Is told how the runs go. */
  readonly observer?: RunObserver | undefined;
}

/** The defaults, frozen. */
export const defaultEmbedderOptions: Readonly<{ maxRunSize: number }> = Object.freeze({ maxRunSize: 16 });

const schema = z.strictObject({ maxRunSize: z.int().min(1).max(16) });

/** @throws {EmbedderError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseEmbedderOptions(
  given: Omit<EmbedderOptions, 'model' | 'observer'>,
): Readonly<{ maxRunSize: number }> {
  const parsed = schema.safeParse({ ...defaultEmbedderOptions, ...given });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.') || 'options';
    const value: unknown = Reflect.get(given, String(issue.path[0] ?? ''));
    return `${name}: ${issue.message}${value === undefined ? '' : `, received ${String(value)}`}`;
  });
  throw new EmbedderError('invalid_options', problems.join('; '), { cause: parsed.error });
}
