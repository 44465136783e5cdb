import { createHash } from 'node:crypto';
import { hashWithExternal, readExternalFiles } from './external-files.ts';
import { sayKind } from './file-kind.ts';
import { fileError, openModelFile, unusable } from './model-file.ts';
import { type OnnxFileInfo, type ParsedOnnx, parseOnnx } from './onnx-file.ts';
import { problemOfModel } from './whole-model.ts';

async function readWhole(path: string): Promise<Buffer> {
  const file = await openModelFile(path, 'onnx');
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function parsed(path: string): Promise<{ bytes: Buffer; said: ParsedOnnx }> {
  const bytes = await readWhole(path);
  const problem = problemOfModel(bytes);
  if (problem !== null) throw unusable(sayKind(problem));
  return { bytes, said: parseOnnx(bytes) };
}

/**
 * Reads what a model file says of itself, whether or not the files with its weights are there.
 *
 * @throws {InferenceError} as {@link readOnnxFile}.
 */
export async function describeOnnxFile(path: string): Promise<ParsedOnnx> {
  try {
    return (await parsed(path)).said;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/**
 * Reads a model file once, and the files with its weights, where it names such: their hash and what it says of itself.
 *
 * @throws {InferenceError} `model_not_found` for it or a file that it names; `model_unusable` for a file that is no model, with
 * what it is and what to do; `model_load_failed` where the machine fails to read it.
 */
export async function readOnnxFile(path: string): Promise<OnnxFileInfo> {
  try {
    const { bytes, said } = await parsed(path);
    const externalFiles = await readExternalFiles(path, bytes);
    const own = createHash('sha256').update(bytes).digest('hex');
    return { sha256: hashWithExternal(own, externalFiles), externalFiles, ...said };
  } catch (cause) {
    throw fileError(path, cause);
  }
}
