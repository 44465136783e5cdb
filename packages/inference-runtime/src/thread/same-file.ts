import { InferenceError } from '../errors.ts';
import { fileError, hashFile } from '../onnx/model-file.ts';
import { readOnnxFile } from '../onnx/read-onnx-file.ts';

/**
 * Makes sure that a model is loaded once more from what it was loaded from: other weights would not be told from its own.
 *
 * @param sha256 Of the file as it was, and of the files with its weights, hex.
 * @throws {InferenceError} `model_load_failed`, `model_unusable` or `model_not_found`.
 */
export async function assertSameFile(path: string, sha256: string): Promise<void> {
  const found = path.endsWith('.engine')
    ? await hashFile(path).catch((cause: unknown) => Promise.reject(fileError(path, cause)))
    : (await readOnnxFile(path)).sha256;
  if (found === sha256) return;
  throw new InferenceError(
    'model_load_failed',
    `the model ${path} cannot be loaded again: expected a file with SHA-256 ${sha256} but received ${found}: load it as another model`,
  );
}
