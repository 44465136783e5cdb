import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { FileKind } from './file-kind.ts';
import { rawFieldsOf } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';

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
export function problemOfModel(bytes: Uint8Array): FileKind | null {
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
