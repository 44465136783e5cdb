import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { errorText } from '@trinetra/contracts';
import type { TensorInfo } from '../types.ts';
import { unusable } from './model-file.ts';
import { elementTypeName, onnxField as field } from './onnx-format.ts';

/** What the bytes of an ONNX model say and ONNX Runtime's JavaScript interface does not. */
export interface ParsedOnnx {
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the operators that the graph has, each once, in the order of the file. */
  readonly operators: readonly string[];
  /** By the element type that most of the weights' numbers have. */
  readonly precision: 'fp32' | 'fp16' | 'int8' | 'unknown';
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

const precisionOf: Readonly<Record<number, ParsedOnnx['precision']>> = {
  1: 'fp32',
  2: 'int8',
  3: 'int8',
  10: 'fp16',
};

/** A field as it lies in the file, its tag included. */
export interface RawField {
  readonly number: number;
  /** Varints as numbers (negative ones too), bytes as a view without a copy; null for numbers of a fixed length. */
  readonly value: number | Uint8Array | null;
  readonly raw: Uint8Array;
}

/** All fields of one protobuf message, in order. */
export function* rawFieldsOf(bytes: Uint8Array): Generator<RawField> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const [number, wireType] = reader.tag();
    let value: RawField['value'] = null;
    if (wireType === WireType.Varint) value = Number(reader.int64());
    else if (wireType === WireType.LengthDelimited) value = reader.bytes();
    else reader.skip(wireType, number);
    yield { number, value, raw: bytes.subarray(from, reader.pos) };
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** The nested messages of one field. */
export function* messagesOf(bytes: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, value } of rawFieldsOf(bytes))
    if (number === wanted && value instanceof Uint8Array) yield value;
}

/** The texts of a field that may be there several times. */
export const textsOf = (bytes: Uint8Array, wanted: number): string[] =>
  [...messagesOf(bytes, wanted)].map(text);

/** The text of a field; empty where the message has none. */
export function textOf(bytes: Uint8Array, wanted: number): string {
  for (const value of messagesOf(bytes, wanted)) return text(value);
  return '';
}

/** Entries of a field with keys and values. */
export const entriesOf = (bytes: Uint8Array, wanted: number): Map<string, string> =>
  new Map(
    [...messagesOf(bytes, wanted)].map((entry) => [
      textOf(entry, field.entryKey),
      textOf(entry, field.entryValue),
    ]),
  );

/** Name, element type and number of elements of a TensorProto. */
export function readTensor(bytes: Uint8Array): { name: string; type: number; size: number } {
  let type = 0;
  let size = 1;
  let name = '';
  for (const { number, value } of rawFieldsOf(bytes)) {
    if (number === field.tensorName && value instanceof Uint8Array) name = text(value);
    if (number === field.tensorType && typeof value === 'number') type = value;
    if (number !== field.tensorDims) continue;
    if (typeof value === 'number') size *= value;
    else if (value !== null) {
      const dims = new BinaryReader(value);
      while (dims.pos < dims.len) size *= Number(dims.int64());
    }
  }
  return { name, type, size };
}

function readDim(bytes: Uint8Array): number | string {
  for (const { number, value } of rawFieldsOf(bytes)) {
    if (number === field.dimValue && typeof value === 'number') return value;
    if (number === field.dimParam && value instanceof Uint8Array) return text(value);
  }
  return '';
}

/** Name, element type and shape of a ValueInfoProto. */
export function readValueInfo(bytes: Uint8Array): TensorInfo {
  const name = textOf(bytes, field.valueName);
  for (const type of messagesOf(bytes, field.valueType)) {
    for (const tensor of messagesOf(type, field.typeTensor)) {
      let element = 0;
      const dims: (number | string)[] = [];
      for (const { number, value } of rawFieldsOf(tensor)) {
        if (number === field.tensorTypeElement && typeof value === 'number') element = value;
        if (number === field.tensorTypeShape && value instanceof Uint8Array)
          dims.push(...[...messagesOf(value, field.shapeDim)].map(readDim));
      }
      return { name, type: elementTypeName(element), dims };
    }
  }
  return { name, type: 'other', dims: [] };
}

function readModel(bytes: Uint8Array): ParsedOnnx {
  const metadata: Record<string, string> = {};
  const operators = new Set<string>();
  const inputs: TensorInfo[] = [];
  const outputs: TensorInfo[] = [];
  const initializers = new Set<string>();
  const sizes = new Map<ParsedOnnx['precision'], number>();
  for (const { number, value } of rawFieldsOf(bytes)) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === field.modelMetadata)
      metadata[textOf(value, field.entryKey)] = textOf(value, field.entryValue);
    if (number !== field.modelGraph) continue;
    for (const part of rawFieldsOf(value)) {
      if (!(part.value instanceof Uint8Array)) continue;
      if (part.number === field.graphInput) inputs.push(readValueInfo(part.value));
      if (part.number === field.graphOutput) outputs.push(readValueInfo(part.value));
      if (part.number === field.graphNode) operators.add(textOf(part.value, field.nodeOpType));
      if (part.number !== field.graphInitializer) continue;
      const { name, type, size } = readTensor(part.value);
      initializers.add(name);
      const precision = precisionOf[type];
      if (precision !== undefined) sizes.set(precision, (sizes.get(precision) ?? 0) + size);
    }
  }
  const [largest] = [...sizes].toSorted((a, b) => b[1] - a[1]);
  return {
    metadata,
    operators: [...operators],
    precision: largest?.[0] ?? 'unknown',
    // Before IR 4 weights stand among the inputs too.
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
  };
}

/**
 * Reads the parts of an ONNX model that {@link ParsedOnnx} tells, from its bytes.
 *
 * @throws {InferenceError} `model_unusable` where the bytes are no protobuf message.
 */
export function parseOnnx(bytes: Uint8Array): ParsedOnnx {
  try {
    return readModel(bytes);
  } catch (cause) {
    throw unusable(`expected an ONNX model but its bytes are none: ${errorText(cause)}`);
  }
}
