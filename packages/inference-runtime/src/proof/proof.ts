import { type Agreement, type CompareOutput, compareOutputs } from './agreement.ts';
import { type GoldenCase, type PictureOptions, runPicture } from './golden.ts';
import type { InferenceModel } from '../types.ts';

export interface ProofOptions extends PictureOptions {
  readonly model: InferenceModel;
  readonly golden: GoldenCase;
  /** Pictures a run, where the model leaves it open: a size that is in use anyway. Default 1. */
  readonly batch?: number;
  /** Default: by cosine. */
  readonly compare?: CompareOutput | undefined;
}

/**
 * Runs the golden picture on the live session and compares.
 *
 * @throws what `run` throws: that a session fails is not that it disagrees.
 */
export async function prove(options: ProofOptions): Promise<Agreement> {
  const { model, golden, batch = 1, compare } = options;
  const found = await runPicture(model, golden, options, batch);
  return compareOutputs(found, golden.outputs, compare);
}
