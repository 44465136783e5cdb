import { createHash } from 'node:crypto';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type ExternalFile, hashWithExternal, readExternalFiles } from './external-files.ts';
import { type FileKind, sayKind } from './file-kind.ts';
import { fileError, openModelFile, unusable } from './model-file.ts';
import { type ParsedOnnx, parseOnnx, rawFieldsOf } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';

/** What an ONNX file and the files with its weights say of themselves. */
export interface OnnxFileInfo extends ParsedOnnx {
  /** Of the file, hex; of a model whose weights lie in other files, of these too. */
  readonly sha256: string;
  /** By location; empty for a model that is whole in itself. */
  readonly externalFiles: readonly ExternalFile[];
}

/** The highest number of a field of a ModelProto. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const lastModelField = 26;

const foreign: FileKind = {
  what: 'no ONNX model, and nothing else that is known here',
  todo: 'give an .onnx file',
};

/** Bytes that are missing at the end; 0 of a whole message, null of what is no message of a model. */
function missingBytes(bytes: Uint8Array): number | null {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (number > lastModelField) return null;
      if (wireType !== WireType.LengthDelimited) {
        reader.skip(wireType, number);
        continue;
      }
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) return end - reader.len;
      reader.pos = end;
    }
    return 0;
  } catch {
    return null; // told as such: the bytes are none of a model
  }
}

function hasNodes(graph: Uint8Array): boolean {
  for (const { number } of rawFieldsOf(graph)) if (number === field.graphNode) return true;
  return false;
}

/**
 * Tells what keeps bytes from being an ONNX model: they are cut, something else, or have no graph that computes anything.
 *
 * @returns Null for a model.
 * @throws what the reader of protobuf says of a damaged graph.
 */
function problemOfModel(bytes: Uint8Array): FileKind | null {
  const missing = missingBytes(bytes);
  if (missing === null) return foreign;
  if (missing > 0) {
    return {
      what: `cut: it has ${bytes.length} bytes, and ${missing} more at least belong to it`,
      todo: 'copy or download it again, and compare its size',
    };
  }
  const graphs = [...rawFieldsOf(bytes)].filter(({ number }) => number === field.modelGraph);
  if (graphs.length === 0) {
    return { what: 'a protobuf message without a graph and no ONNX model', todo: 'give an .onnx file' };
  }
  if (graphs.some(({ value }) => value instanceof Uint8Array && hasNodes(value))) return null;
  return { what: 'an ONNX model whose graph has no nodes', todo: 'export the model again' };
}

async function parsed(path: string): Promise<{ bytes: Buffer; said: ParsedOnnx }> {
  const file = await openModelFile(path, 'onnx');
  const bytes = await file.readFile().finally(() => file.close());
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
