import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText, type Logger, requireOptions, silentLogger, within } from '@trinetra/contracts';
import { KafkaSinkError } from './errors.ts';
import { LineWriter } from './line-writer.ts';
import { refusing } from './options.ts';
import type { DetectionSink, WriteFailure } from './sink.ts';

/** Options of `createNdjsonSink`. */
export interface NdjsonSinkOptions {
  /** The file; made where it is missing (mode 0600), appended to where it is there. Its folder must exist. */
  readonly path: string;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** Of a file that is made here: events hold embeddings. One that is there keeps its own. */
const newFileMode = 0o600;
/**
 * A call that waits within the system would hold a thread of the process, and its exit, for as long as nobody reads a named pipe.
 */
const openFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** What the system says of a named pipe that nobody has opened to read, or that is full. */
const notNow: ReadonlySet<unknown> = new Set(['ENXIO', 'EAGAIN']);
/** Between two tries then, ms. */
const pollMs = 20;

/** How long a check waits for the file to open, ms. */
const openMs = 500;

/** Whether the file ends within a line, as a process that was killed leaves it. */
async function endsWithinLine(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size === 0) return false;
    const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: stats.size - 1 });
    return buffer[0] !== 0x0a;
  } finally {
    await file.close();
  }
}

/**
 * Makes a sink that appends one JSON line per event to a file. A write resolves once the system has the data; a
 * file error is a result with reason `refused`, and the file is opened anew at the next write. A write that takes longer than 2 s is a
 * problem of the sink.
 *
 * @throws {@link KafkaSinkError} `invalid_options` where `path` is empty.
 */
export function createNdjsonSink(options: NdjsonSinkOptions): DetectionSink {
  const { path, logger = silentLogger } = requireOptions(options, refusing);
  if (typeof path !== 'string' || path === '') {
    throw new KafkaSinkError('invalid_options', `path: expected the name of a file but received "${path}"`);
  }
  const lines = new LineWriter(path, append);
  let file: FileHandle | undefined;
  let healthy = true;
  let lastFailure: WriteFailure = { ok: false, reason: 'refused', message: `${path}: closed` };
  let withinLine = false;
  let opening: Promise<unknown> | undefined;
  let givenUp = false;

  /** Tries again while a named pipe does not take it, until the sink is closed. */
  async function whenTaken<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const isPipe = error instanceof Error && 'code' in error && notNow.has(error.code);
        if (!isPipe || givenUp) throw error;
        await delay(pollMs, undefined, { ref: false });
      }
    }
  }

  async function opened(): Promise<FileHandle> {
    if (file !== undefined) return file;
    const fresh = await whenTaken(() => open(path, openFlags, newFileMode));
    file = fresh;
    // Unreadable (a pipe, or rights to append only): lines are then taken as whole.
    withinLine = await endsWithinLine(path).catch(() => false);
    return fresh;
  }

  async function append(bytes: Buffer): Promise<WriteFailure | null> {
    try {
      const target = await opened();
      // What is left of a broken line must not swallow the next event.
      const rest = withinLine ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
      for (let offset = 0; offset < rest.byteLength; ) {
        const { bytesWritten } = await whenTaken(() => target.write(rest, offset));
        offset += bytesWritten;
        withinLine = rest[offset - 1] !== 0x0a;
      }
    } catch (error) {
      return abandon(error);
    }
    if (!healthy) logger.info({ path }, 'the events file can be written again');
    healthy = true;
    return null;
  }

  async function abandon(error: unknown): Promise<WriteFailure> {
    const text = errorText(error);
    lastFailure = { ok: false, reason: 'refused', message: `${path}: ${text}` };
    if (healthy) logger.warn({ path, error: text }, 'the events file cannot be written: events fail');
    healthy = false;
    const broken = file;
    file = undefined;
    await broken
      ?.close()
      .catch((reason: unknown) => logger.debug({ path, error: String(reason) }, 'close failed'));
    return lastFailure;
  }

  async function isHealthy(): Promise<boolean> {
    if (lines.isClosed || lines.problem() !== null) return false;
    if (!healthy || file !== undefined) return healthy;
    // A named pipe that nobody reads is not open before somebody does.
    opening ??= lines
      .run(opened)
      .then(() => undefined, abandon)
      .finally(() => {
        opening = undefined;
      });
    await within(opening, openMs);
    return healthy;
  }

  const close = (): Promise<void> =>
    lines
      .close(() => file?.close())
      .finally(() => {
        givenUp = true;
      });

  return {
    write: (events, given) => lines.write(events, given),
    isHealthy,
    problem: async () => ((await isHealthy()) ? null : (lines.problem() ?? lastFailure)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
