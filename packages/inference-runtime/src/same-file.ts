import { hashFile } from './engine-file.ts';
import { InferenceError } from './errors.ts';
import { fileError } from './model-file.ts';

/**
 * Makes sure that a model is loaded once more from what it was loaded from: other weights would not be told from its own.
 *
 * @param sha256 Of the file as it was, hex.
 * @throws {InferenceError} `model_load_failed`, `model_unusable` or `model_not_found`.
 */
export async function assertSameFile(path: string, sha256: string): Promise<void> {
  const found = await hashFile(path).catch((cause: unknown) => {
    throw fileError(path, cause);
  });
  if (found === sha256) return;
  throw new InferenceError(
    'model_load_failed',
    `the model ${path} cannot be loaded again: expected a file with SHA-256 ${sha256} but received ${found}: load it as another model`,
  );
}
