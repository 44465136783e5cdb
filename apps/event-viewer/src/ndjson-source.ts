import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { errorText, pause } from '@trinetra/contracts';
import { ViewerError } from './errors.ts';
import type { RawEvent } from './received-event.ts';
import { createLineSplitter } from './split-lines.ts';

export interface NdjsonSourceOptions {
  /** `-`: standard input. */
  readonly path: string;
  /** Follows what is appended, also after a rotation or truncation. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  /** Its name in complaints. Default `--file`. */
  readonly name?: string;
}

const pollMs = 200;
// A pipe holds 64 KB: a fast writer must not wait long for us.
const pipePollMs = 10;
const chunkBytes = 256 * 1024;
/** Errors of the path, not of the reading. */
const wrongPaths = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'];

/**
 * The lines of an NDJSON file, from its beginning, without empty ones.
 *
 * @throws {ViewerError} `unreadable`.
 */
export async function* ndjsonSource(options: NdjsonSourceOptions): AsyncGenerator<RawEvent> {
  const { path, signal, stdin, name = '--file' } = options;
  try {
    let number = 0;
    const chunks = path === '-' ? stdinChunks(stdin, signal) : fileChunks(options);
    const splitter = createLineSplitter();
    const numbered = function* (lines: Iterable<Uint8Array>): Generator<RawEvent> {
      for (const bytes of lines) {
        number += 1;
        if (!isBlank(bytes)) yield { bytes, place: `line ${number}` };
      }
    };
    for await (const chunk of chunks) {
      if (chunk !== 'restart') yield* numbered(splitter.push(chunk));
      else {
        splitter.flush(); // the rest of a line whose end is gone with the old file
        number = 0;
      }
    }
    const last = signal.aborted ? undefined : splitter.flush();
    if (last !== undefined) yield* numbered([last]);
  } catch (error) {
    if (signal.aborted) return;
    const shown = path === '-' ? 'standard input' : path;
    const given = error instanceof Error && 'code' in error && wrongPaths.includes(String(error.code));
    const code = given ? 'invalid_options' : 'unreadable';
    throw new ViewerError(code, `${name}: cannot read ${shown}: ${errorText(error)}`, { cause: error });
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}

async function* stdinChunks(stdin: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const onAbort = (): void => void stdin.destroy();
  signal.addEventListener('abort', onAbort);
  try {
    for await (const chunk of stdin) {
      if (signal.aborted) return;
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function* fileChunks({
  path,
  follow,
  signal,
}: NdjsonSourceOptions): AsyncGenerator<Uint8Array | 'restart'> {
  let file = await openQuietly(path);
  try {
    const buffer = Buffer.alloc(chunkBytes);
    let position = 0;
    while (!signal.aborted) {
      const kind = await file.stat();
      const bytesRead = await readSome(file, buffer, kind.isFile() ? position : null);
      const waits = bytesRead === undefined || (bytesRead === 0 && position === 0 && kind.isFIFO());
      if (waits) {
        await pause(pipePollMs, signal);
        continue;
      }
      position += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      if (!follow) return;
      await pause(pollMs, signal);
      const fresh = await reopened(path, file, position);
      if (fresh === undefined) continue;
      if (fresh !== file) await file.close();
      file = fresh;
      position = 0;
      yield 'restart';
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens a file for reads that never block. On a silent named pipe, or one without a writer, a blocking read
 * would hold a thread that the end of the process waits for.
 */
function openQuietly(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Bytes read, 0 at the end; undefined if a pipe has none now. @param at Null for what has no positions. */
async function readSome(file: FileHandle, buffer: Buffer, at: number | null): Promise<number | undefined> {
  try {
    return (await file.read(buffer, 0, buffer.length, at)).bytesRead;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
    throw error;
  }
}

/** The file to read from its beginning, if it was truncated or replaced; else undefined. */
async function reopened(path: string, file: FileHandle, position: number): Promise<FileHandle | undefined> {
  const [own, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  if (named !== undefined && (named.ino !== own.ino || named.dev !== own.dev)) return openQuietly(path);
  return own.isFile() && own.size < position ? file : undefined;
}
