import { availableParallelism } from 'node:os';
import type { Logger } from '@trinetra/contracts';
import { z } from 'zod';

export interface InferenceRuntimeOptions {
  /** Threads of one run, 1..256; default: as many as this process has cores. */
  readonly intraOpThreads?: number;
  /** ONNX Runtime's names, tried in order; default `['cpu']`. */
  readonly executionProviders?: readonly string[];
  readonly logger?: Logger;
}

export const defaultInferenceRuntimeOptions: Readonly<Required<Omit<InferenceRuntimeOptions, 'logger'>>> =
  Object.freeze({
    intraOpThreads: availableParallelism(),
    executionProviders: Object.freeze(['cpu']),
  });

const schema = z.strictObject({
  intraOpThreads: z.int().min(1).max(256).optional(),
  executionProviders: z.array(z.string().min(1)).min(1).optional(),
  logger: z.custom<Logger>().optional(),
});

/** @throws {RangeError} naming every option that is out of range. */
export function parseInferenceRuntimeOptions(
  options: InferenceRuntimeOptions,
): Readonly<Required<Omit<InferenceRuntimeOptions, 'logger'>>> {
  const result = schema.safeParse(options);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
    );
    throw new RangeError(problems.join('; '));
  }
  const {
    intraOpThreads = defaultInferenceRuntimeOptions.intraOpThreads,
    executionProviders = defaultInferenceRuntimeOptions.executionProviders,
  } = options;
  return { intraOpThreads, executionProviders };
}
