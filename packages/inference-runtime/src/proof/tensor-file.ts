import { readFile, stat, writeFile } from 'node:fs/promises';
import { errorText } from '@trinetra/contracts';
import { z } from 'zod';
import { InferenceError } from '../errors.ts';
import { lengthOf } from '../memory/tensor-arrays.ts';
import { systemCode } from '../onnx/model-file.ts';
import { writeWhole } from '../write-whole.ts';

/** Tensors of float32 with their names, and texts. */
export interface TensorFile {
  readonly tensors: Readonly<
    Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>
  >;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Largest header and file that are read: those of a golden case are far smaller. */
const maxHeaderBytes = 1024 * 1024;
const maxFileBytes = 512 * 1024 * 1024;

const entry = z.object({
  dtype: z.literal('F32'),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const header = z.looseObject({ __metadata__: z.record(z.string(), z.string()).optional() });

/**
 * The bytes of a safetensors file: 8 bytes of length, a JSON header, and the numbers, little endian.
 *
 * @see https://huggingface.co/docs/safetensors/index#format
 */
export function writeTensors({ tensors, metadata }: TensorFile): Buffer {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  const parts: Buffer[] = [];
  let at = 0;
  for (const [name, { data, dims }] of Object.entries(tensors)) {
    entries[name] = { dtype: 'F32', shape: dims, data_offsets: [at, at + data.byteLength] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(entries));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** Reads what {@link writeTensors} wrote, or any safetensors file of float32. @throws {Error} saying what is wrong. */
export function readTensors(bytes: Buffer): TensorFile {
  const length = bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : Number.NaN;
  if (!(length <= maxHeaderBytes && 8 + length <= bytes.length)) {
    throw new Error(`expected a safetensors header of at most ${maxHeaderBytes} bytes`);
  }
  const json = header.parse(JSON.parse(bytes.subarray(8, 8 + length).toString('utf8')));
  const { __metadata__: metadata = {}, ...entries } = json;
  const body = bytes.subarray(8 + length);
  const tensors: Record<string, { data: Float32Array; dims: readonly number[] }> = {};
  for (const [name, value] of Object.entries(entries)) {
    const { shape, data_offsets: offsets } = entry.parse(value);
    const [from, to] = offsets;
    const size = lengthOf(shape);
    if (to - from !== 4 * size || to > body.length) {
      throw new Error(`tensor ${name}: expected ${4 * size} bytes but the file has other ones`);
    }
    const data = new Float32Array(size);
    new Uint8Array(data.buffer).set(body.subarray(from, to));
    tensors[name] = { data, dims: shape };
  }
  return { tensors, metadata };
}

/**
 * Reads a safetensors file; null where there is none.
 *
 * @throws {InferenceError} `model_load_failed` for a file that is damaged, too large or of another kind.
 */
export async function readTensorFile(path: string): Promise<TensorFile | null> {
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw new Error(`expected at most ${maxFileBytes} bytes but it has ${size}`);
    return readTensors(await readFile(path));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return null;
    const detail = errorText(cause);
    throw new InferenceError('model_load_failed', `the golden tensors ${path} cannot be read: ${detail}`, {
      cause,
    });
  }
}

/** Writes a safetensors file, whole or not at all. */
export async function writeTensorFile(path: string, file: TensorFile): Promise<void> {
  await writeWhole(path, (temporary) => writeFile(temporary, writeTensors(file)));
}
