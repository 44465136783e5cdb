import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep, win32 } from 'node:path';
import { InferenceError } from '../errors.ts';
import { externalPartsOf } from './external-data.ts';
import { foreignKind, headBytes, sayKind } from './file-kind.ts';
import { denialOf, unusable } from './model-file.ts';

/** A file with weights that an ONNX model names. */
export interface ExternalFile {
  /** Relative to the model's folder. */
  readonly location: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** In quotes: a name from a file may have anything in it. */
const quoted = (text: string): string => JSON.stringify(text);

function pathOf(folder: string, location: string): string {
  const path = normalize(location);
  const outside =
    isAbsolute(location) || win32.isAbsolute(location) || `${path}${sep}`.startsWith(`..${sep}`);
  if (location === '' || outside) {
    throw unusable(
      `it names ${quoted(location)} as the file of its weights, which is not in its folder: save it again with them beside it`,
    );
  }
  return join(folder, path);
}

async function openExternal(path: string, location: string): Promise<FileHandle> {
  return open(path).catch((cause: NodeJS.ErrnoException) => {
    const named = `${quoted(location)} with its weights`;
    if (cause.code === 'ENOENT') {
      const detail = `${named} is missing: copy that file beside it`;
      throw new InferenceError('model_not_found', detail, { cause });
    }
    const denial = denialOf(cause);
    throw denial === undefined ? cause : unusable(`${named}: ${denial}`, cause);
  });
}

async function checkSize(
  file: FileHandle,
  location: string,
  leastBytes: number,
  size: number,
): Promise<void> {
  if (Number.isNaN(leastBytes))
    throw unusable(`it does not tell where its weights are in ${quoted(location)}`);
  if (size >= leastBytes) return;
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await file.read(head, 0, headBytes, 0);
  const kind = foreignKind(head.subarray(0, bytesRead), size, 'data');
  const named = `${quoted(location)} with its weights`;
  if (kind !== null) throw unusable(`${named}: ${sayKind(kind)}`);
  throw unusable(
    `${named} is cut: it has ${size} of at least ${leastBytes} bytes: copy or download it again`,
  );
}

async function readExternal(path: string, location: string, leastBytes: number): Promise<ExternalFile> {
  const file = await openExternal(path, location);
  try {
    const found = await file.stat();
    if (!found.isFile())
      throw unusable(`${quoted(location)} with its weights is no file: copy the file there`);
    await checkSize(file, location, leastBytes, found.size);
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 }))
      hash.update(chunk);
    return { location, bytes: found.size, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/**
 * Hashes every file that an ONNX model names, in parts, once it is clear that all are there.
 *
 * @param path Of the model; the files lie in its folder.
 * @param model Its bytes.
 * @returns By location; empty for a model that is whole in itself.
 * @throws {InferenceError} `model_not_found` for a file that is missing, `model_unusable` for one outside the folder or one
 * that is cut, each the end of a sentence about the model; what the file system says.
 */
export async function readExternalFiles(path: string, model: Uint8Array): Promise<ExternalFile[]> {
  const least = new Map<string, number>();
  for (const { location, leastBytes } of externalPartsOf(model)) {
    least.set(location, Math.max(least.get(location) ?? 0, leastBytes));
  }
  const files: ExternalFile[] = [];
  for (const [location, leastBytes] of [...least].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    files.push(await readExternal(pathOf(dirname(path), location), location, leastBytes));
  }
  return files;
}

/**
 * The SHA-256 that tells a model from any other: that of its file; with external files, of a line for each of them.
 *
 * @param sha256 Of the `.onnx`, hex.
 */
export function hashWithExternal(sha256: string, files: readonly ExternalFile[]): string {
  if (files.length === 0) return sha256;
  const lines = [sha256, ...files.map((file) => `${file.sha256}  ${file.location}`)];
  return createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest('hex');
}
