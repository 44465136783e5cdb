import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InferenceError } from './errors.ts';

/** What an ONNX file says of itself and ONNX Runtime's JavaScript interface does not. */
export interface OnnxFileInfo {
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly firstOps: readonly string[];
  /** By the element type that most of the weights' numbers have. */
  readonly precision: 'fp32' | 'fp16' | 'int8' | 'unknown';
}

/** Field numbers of onnx.proto. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const field = {
  modelGraph: 7,
  modelMetadata: 14,
  graphNode: 1,
  graphInitializer: 5,
  nodeOpType: 4,
  tensorDims: 1,
  tensorType: 2,
  entryKey: 1,
  entryValue: 2,
} as const;

const precisionOf: Readonly<Record<number, OnnxFileInfo['precision']>> = {
  1: 'fp32',
  2: 'int8',
  3: 'int8',
  10: 'fp16',
};

interface ProtoField {
  readonly number: number;
  /** Varints and fixed numbers as they are; bytes as a view without a copy. */
  readonly value: number | Buffer;
}

function unreadable(detail: string): InferenceError {
  return new InferenceError('model_load_failed', `expected an ONNX model but ${detail}`);
}

function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) throw unreadable('the file ends inside a number');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  throw unreadable('a number is longer than 10 bytes');
}

/** The fields of one protobuf message, in order. @see https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(bytes: Buffer): Generator<ProtoField> {
  let at = 0;
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    at = tag.next;
    if (wireType === 0) {
      const { value, next } = readVarint(bytes, at);
      at = next;
      yield { number, value };
      continue;
    }
    let length = wireType === 1 ? 8 : 4;
    if (wireType === 2) {
      const prefix = readVarint(bytes, at);
      length = prefix.value;
      at = prefix.next;
    } else if (wireType !== 1 && wireType !== 5) throw unreadable(`wire type ${wireType} is unknown`);
    if (at + length > bytes.length) throw unreadable('the file ends inside a field');
    yield { number, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

function readEntry(bytes: Buffer): [string, string] {
  const entry: [string, string] = ['', ''];
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === 'number') continue;
    if (number === field.entryKey) entry[0] = value.toString('utf8');
    if (number === field.entryValue) entry[1] = value.toString('utf8');
  }
  return entry;
}

function readTensor(bytes: Buffer): { type: number; size: number } {
  let type = 0;
  let size = 1;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === field.tensorType && typeof value === 'number') type = value;
    if (number !== field.tensorDims) continue;
    if (typeof value === 'number') size *= value;
    else {
      for (let at = 0; at < value.length; ) {
        const dim = readVarint(value, at);
        size *= dim.value;
        at = dim.next;
      }
    }
  }
  return { type, size };
}

function opTypeOf(node: Buffer): string {
  for (const { number, value } of fieldsOf(node)) {
    if (number === field.nodeOpType && typeof value !== 'number') return value.toString('utf8');
  }
  return '';
}

/**
 * Reads the parts of an ONNX model that {@link OnnxFileInfo} tells, from its bytes.
 *
 * @throws {InferenceError} `model_load_failed` where the bytes are no protobuf message.
 */
export function parseOnnx(bytes: Buffer): Omit<OnnxFileInfo, 'sha256'> {
  const metadata: Record<string, string> = {};
  const firstOps: string[] = [];
  const sizes = new Map<OnnxFileInfo['precision'], number>();
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === 'number') continue;
    if (number === field.modelMetadata) {
      const [key, text] = readEntry(value);
      metadata[key] = text;
    }
    if (number !== field.modelGraph) continue;
    for (const part of fieldsOf(value)) {
      if (typeof part.value === 'number') continue;
      if (part.number === field.graphNode && firstOps.length < 8) firstOps.push(opTypeOf(part.value));
      if (part.number !== field.graphInitializer) continue;
      const { type, size } = readTensor(part.value);
      const precision = precisionOf[type];
      if (precision !== undefined) sizes.set(precision, (sizes.get(precision) ?? 0) + size);
    }
  }
  const [largest] = [...sizes].toSorted((a, b) => b[1] - a[1]);
  return { metadata, firstOps, precision: largest?.[0] ?? 'unknown' };
}

/**
 * Reads a model file once: its hash and what it says of itself.
 *
 * @throws {InferenceError} `model_not_found` or `model_load_failed`, naming the path.
 */
export async function readOnnxFile(path: string): Promise<OnnxFileInfo> {
  try {
    const bytes = await readFile(path);
    return { sha256: createHash('sha256').update(bytes).digest('hex'), ...parseOnnx(bytes) };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const code = missing ? 'model_not_found' : 'model_load_failed';
    throw new InferenceError(code, `the model ${path} cannot be read: ${detail}`, { cause });
  }
}
