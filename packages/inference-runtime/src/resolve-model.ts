import { access } from 'node:fs/promises';
import { InferenceError } from './errors.ts';
import type { ModelFallback } from './types.ts';

export interface ResolvedModel {
  readonly path: string;
  readonly fallback?: ModelFallback;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * The file that runs for a configured path: itself, or for an `.engine` the `.onnx` beside it.
 *
 * @throws {InferenceError} `model_not_found`, naming the paths tried.
 */
export async function resolveModel(path: string): Promise<ResolvedModel> {
  if (!path.endsWith('.engine')) {
    if (await exists(path)) return { path };
    throw new InferenceError('model_not_found', `expected a model at ${path} but found no such file`);
  }
  const onnx = `${path.slice(0, -'.engine'.length)}.onnx`;
  const reason = (await exists(path)) ? 'engine_unsupported' : 'engine_missing';
  if (await exists(onnx)) return { path: onnx, fallback: { from: 'engine', to: 'onnx', reason } };
  throw new InferenceError(
    'model_not_found',
    `expected an engine at ${path} with its .onnx beside it, but found no ${onnx}`,
  );
}
