import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { fileError, hashFile, openModelFile, unusable } from '../onnx/model-file.ts';

/** Largest header that is read; Ultralytics' are some kilobytes. */
const maxHeaderBytes = 1024 * 1024;
/** Bytes at which a TensorRT plan tells its version. @see trtexec --getPlanVersionOnly, in NVIDIA's TensorRT samples */
const planHeadBytes = 28;
/** How the plans of TensorRT 8.6 and later begin; ONNX Runtime 1.30 wants those of TensorRT 10. */
const planTag = 'ftrt';

/** What a TensorRT engine file says of itself. */
export interface EngineFileInfo {
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Ultralytics' header, values as JSON where they are not text; empty where there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where TensorRT's own bytes begin, and how many they are. */
  readonly payloadOffset: number;
  readonly payloadBytes: number;
  /** Version that built the plan, such as `10.3.0.26`; undefined where the plan does not tell. */
  readonly tensorrt: string | undefined;
  readonly precision: 'fp32' | 'fp16' | 'int8' | 'unknown';
}

const headerSchema = z.record(z.string(), z.unknown());

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

function hasPlanTag(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).toString('latin1') === planTag;
}

function versionOf(plan: Buffer): string | undefined {
  return plan.readUInt32LE(4) === 0 ? [...plan.subarray(24, planHeadBytes)].join('.') : undefined;
}

function parseHeader(bytes: Buffer, length: number): Record<string, string> {
  if (bytes.length < length) {
    throw unusable(`the file ends inside its header: it tells ${length} bytes and has ${bytes.length}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unusable(
      'expected a TensorRT plan, or a header of Ultralytics and a plan, but the file begins with neither',
      cause,
    );
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw unusable('its header is JSON, but no object');
  return Object.fromEntries(
    Object.entries(header.data).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
    ]),
  );
}

function precisionOf(metadata: Readonly<Record<string, string>>): EngineFileInfo['precision'] {
  const args = metadata['args'] ?? '';
  const says = (key: string): boolean =>
    metadata[key] === 'true' || new RegExp(`['"]${key}['"]\\s*:\\s*true`, 'i').test(args);
  if (says('int8')) return 'int8';
  if (says('half')) return 'fp16';
  return metadata['half'] === 'false' || /['"]half['"]\s*:\s*false/i.test(args) ? 'fp32' : 'unknown';
}

async function readHead(path: string): Promise<Omit<EngineFileInfo, 'sha256'>> {
  const file = await openModelFile(path, 'engine');
  return headOf(file).finally(() => file.close());
}

async function headOf(file: FileHandle): Promise<Omit<EngineFileInfo, 'sha256'>> {
  const { size } = await file.stat();
  const start = await readAt(file, 0, planHeadBytes);
  if (start.length < 4) throw unusable(`expected an engine but the file has ${size} bytes`);
  let metadata: Record<string, string> = {};
  let payloadOffset = 0;
  if (!hasPlanTag(start)) {
    const length = start.readUInt32LE(0);
    if (length < 2 || length > maxHeaderBytes) {
      throw unusable(
        `expected a TensorRT plan, or a header of at most ${maxHeaderBytes} bytes, but it tells ${length}`,
      );
    }
    metadata = parseHeader(await readAt(file, 4, length), length);
    payloadOffset = 4 + length;
  }
  const plan = payloadOffset === 0 ? start : await readAt(file, payloadOffset, planHeadBytes);
  if (plan.length < planHeadBytes) throw unusable(`the file ends ${plan.length} bytes into its engine`);
  if (!hasPlanTag(plan)) {
    throw unusable(
      `expected a TensorRT plan ${payloadOffset === 0 ? 'in the file' : 'after the header'} but its bytes are none`,
    );
  }
  return {
    metadata,
    payloadOffset,
    payloadBytes: size - payloadOffset,
    tensorrt: versionOf(plan),
    precision: precisionOf(metadata),
  };
}

/**
 * Reads what an engine file says of itself: the header that Ultralytics puts before the plan (4 bytes of length, little
 * endian, then JSON), where the plan begins, and the version of TensorRT that built it. The plan is not held in memory.
 *
 * @throws {InferenceError} `model_not_found`; `model_unusable` for a file that is cut, damaged or none; `model_load_failed`
 * where the machine fails to read it.
 */
export async function readEngineFile(path: string): Promise<EngineFileInfo> {
  try {
    const head = await readHead(path);
    return { sha256: await hashFile(path), ...head };
  } catch (cause) {
    throw fileError(path, cause);
  }
}
