import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, type FileHandle, open, readlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { errorText } from '@trinetra/contracts';
import { InferenceError, type InferenceErrorCode } from '../errors.ts';
import { foreignKind, headBytes, sayKind } from './file-kind.ts';

/** Bytes of an ONNX file are fewer: protobuf counts them in 31 bits. */
const maxOnnxBytes = 2 ** 31;

/** A file that is there and cannot be used, said as the end of a sentence about it. */
export function unusable(detail: string, cause?: unknown): InferenceError {
  return new InferenceError('model_unusable', detail, { cause });
}

/** Who the file system asks for rights, in words. */
function whoWeAre(): string {
  const uid = process.geteuid?.();
  if (uid === undefined) return userInfo().username;
  try {
    return `${userInfo().username} (user ${uid}, group ${process.getegid?.()})`;
  } catch {
    return `user ${uid}, group ${process.getegid?.()}`; // without a name, as in many containers
  }
}

/** What the operator mends; anything else, such as EIO, may be over later. */
const said: Readonly<Record<string, (code: string) => string>> = {
  EACCES: (code) =>
    `access is denied (${code}) to ${whoWeAre()}: let this user read the file and enter all folders above it`,
  EPERM: (code) => `access is denied (${code}) to ${whoWeAre()}: let this user read the file`,
  EISDIR: () => 'it is a folder: name a file in it',
  ELOOP: () => 'it is a link that leads to itself: name the file',
};

/** The code of an error of the system, such as `ENOENT`; empty for any other error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Whether a file is there, and may be looked for. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What stands against reading a file, where the operator mends it; undefined for anything else. */
export function denialOf(cause: unknown): string | undefined {
  const code = systemCode(cause);
  return said[code]?.(code);
}

/** A failure to read the file of a model, in one sentence with the path. */
export function fileError(path: string, cause: unknown): InferenceError {
  const detail = errorText(cause);
  const sentence = (text: string): string => `the model ${path} cannot be read: ${text}`;
  if (InferenceError.isInstance(cause)) {
    return new InferenceError(cause.code as InferenceErrorCode, sentence(detail), { cause });
  }
  const code = systemCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new InferenceError('model_not_found', `no such file: ${path}`, { cause });
  }
  // What is no error of the file system is one of its bytes: protobuf that ends early, or is nested without end.
  if (code === '')
    return unusable(sentence(`its bytes are damaged (${detail}): copy or download it again`), cause);
  const denial = denialOf(cause);
  return denial === undefined
    ? new InferenceError('model_load_failed', sentence(detail), { cause })
    : unusable(sentence(denial), cause);
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const target = await readlink(path).catch(() => null);
    if (target === null || systemCode(cause) !== 'ENOENT') throw cause;
    const detail = `it is a link to ${target}, which is not there: copy that file, or give its folder too`;
    throw new InferenceError('model_not_found', detail, { cause });
  }
}

/**
 * Opens the file of a model that may be what is expected; close it.
 *
 * @throws {InferenceError} `model_unusable` for a folder or a file that is something else, the end of a sentence about it;
 * what the file system says.
 */
export async function openModelFile(path: string, expected: 'onnx' | 'engine'): Promise<FileHandle> {
  const file = await openFile(path);
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw unusable('it is a folder: name a file in it');
    if (!found.isFile()) throw unusable('it is no regular file: name one');
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    const kind = foreignKind(head.subarray(0, bytesRead), found.size, expected);
    if (kind !== null) throw unusable(sayKind(kind));
    if (expected === 'onnx' && found.size >= maxOnnxBytes) {
      throw unusable(
        `it has ${found.size} bytes, and ONNX files have less than 2 GiB: ` +
          'save it with its weights in a file of their own (onnx.save_model with save_as_external_data=True)',
      );
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** SHA-256 of a file, hex, read in parts. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}
