import { createHash } from 'node:crypto';
import { sayKind } from './file-kind.ts';
import { fileError, openModelFile, unusable } from './model-file.ts';
import { type OnnxFileInfo, parseOnnx } from './onnx-file.ts';
import { problemOfModel } from './whole-model.ts';

async function readWhole(path: string): Promise<Buffer> {
  const file = await openModelFile(path, 'onnx');
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Reads a model file once: its hash and what it says of itself.
 *
 * @throws {InferenceError} `model_not_found`; `model_unusable` for a file that is no model, with what it is and what to do;
 * `model_load_failed` where the machine fails to read it.
 */
export async function readOnnxFile(path: string): Promise<OnnxFileInfo> {
  try {
    const bytes = await readWhole(path);
    const problem = problemOfModel(bytes);
    if (problem !== null) throw unusable(sayKind(problem));
    return { sha256: createHash('sha256').update(bytes).digest('hex'), ...parseOnnx(bytes) };
  } catch (cause) {
    throw fileError(path, cause);
  }
}
