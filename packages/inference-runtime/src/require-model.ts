import type { ParseOptions } from '@trinetra/contracts';
import type { InferenceModel } from './types.ts';

/**
 * The option `model` of a stage, as it was given.
 *
 * @throws what `errorOf` makes where it is no loaded model.
 */
export function requireModel(
  model: InferenceModel | null | undefined,
  { errorOf }: Pick<ParseOptions, 'errorOf'>,
): InferenceModel {
  const { info, run }: Partial<InferenceModel> = model ?? {};
  if (info !== undefined && run !== undefined && model) return model;
  throw errorOf('model: expected a model that loadModel of @trinetra/inference-runtime resolved with', {
    cause: undefined,
  });
}
