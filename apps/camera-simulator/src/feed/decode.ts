import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Size } from '@trinetra/contracts';
import { type Ffmpeg, ffmpegArguments, type PictureOptions } from './ffmpeg.ts';
import { redact } from './redact.ts';
import type { Source } from './source.ts';

/** A picture from ffmpeg. */
export interface DecodedPicture {
  /** RGB, 8 bits a channel, `[height, width, 3]` of the requested size. */
  readonly pixels: Buffer;
  readonly pixelSize: Size;
  /** Of the picture before the squash, upright, in square px. */
  readonly original: Size;
  /** Seconds, by the clock of the film or stream. */
  readonly time: number;
}

/** How reading ended. */
export type DecodeEnd =
  | { readonly how: 'ended' }
  | { readonly how: 'stalled' }
  | { readonly how: 'failed'; readonly reason: string };

export interface DecodeOptions extends PictureOptions {
  /** Time without a picture after which ffmpeg is ended, ms; undefined: never. */
  readonly stallMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Larger pictures are refused: each is held up to three times. */
const maxPixels = 64 * 1024 * 1024;

/** Longest time for ffmpeg to end, ms. */
const killAfterMs = 1000;

const sizeLine =
  /^\[Parsed_showinfo_\d+ @ \w+\] \[info\] n: *\d+ .*?pts_time:(\S+) .*? sar:(\d+)\/(\d+) s:(\d+)x(\d+) /;
const troubleLine = /^(?:\[[^\]]*\] )?\[(?:error|fatal|panic)\] (.*)$/;

function readSizeLine(
  line: string,
): { readonly raw: Size; readonly original: Size; readonly time: number } | undefined {
  const match = sizeLine.exec(line);
  if (match === null) return undefined;
  const [time = 0, across = 0, down = 0, width = 0, height = 0] = match.slice(1).map(Number);
  // 0/1 means unknown. Streams may claim impossible ratios, and entries take 1..65535.
  const aspect = across > 0 && down > 0 ? across / down : 1;
  const seen = Math.min(65_535, Math.max(1, Math.round(width * aspect)));
  return { raw: { width, height }, original: { width: seen, height }, time: Number.isNaN(time) ? 0 : time };
}

/** The environment without what ffmpeg must not see, and without the report file, which would hold passwords. */
function ffmpegEnvironment(): NodeJS.ProcessEnv {
  const { REDIS_URL: _, FFREPORT: __, AV_LOG_FORCE_COLOR: ___, ...rest } = process.env;
  return rest;
}

/**
 * Runs ffmpeg on a source once, and yields its pictures as they come. Pull without delay: otherwise ffmpeg
 * waits, and the camera with it.
 *
 * @returns how it ended; `ended` if the signal or the caller ended it.
 */
export async function* decode(
  ffmpeg: Ffmpeg,
  source: Source,
  options: DecodeOptions,
): AsyncGenerator<DecodedPicture, DecodeEnd> {
  const { stallMs, signal, size } = options;
  if (signal.aborted) return { how: 'ended' };
  const child = spawn(ffmpeg.path, ffmpegArguments(ffmpeg, source, options), {
    env: ffmpegEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(
    () => undefined,
    (error: Error) => error.message,
  );
  let killer: NodeJS.Timeout | undefined;
  const end = (): void => {
    // At SIGTERM it closes its session: some cameras allow few sessions, and keep abandoned ones.
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  signal.addEventListener('abort', end, { once: true });
  let stalled = false;
  const stall = (): void => {
    stalled = true;
    end();
  };
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    if (stallMs !== undefined) timer = setTimeout(stall, stallMs);
  };
  const read = createReader(child.stdout);
  let trouble = '';
  try {
    watch();
    for await (const line of createInterface({ input: child.stderr, crlfDelay: Number.POSITIVE_INFINITY })) {
      trouble = /matches no streams/.test(line) ? 'it has no video' : trouble;
      const [, problem] = troubleLine.exec(line) ?? [];
      if (problem !== undefined && trouble !== 'it has no video') trouble = problem;
      const shown = readSizeLine(line);
      if (shown === undefined) continue;
      const { raw, ...rest } = shown;
      const pixelSize = size === 'original' ? raw : size;
      if (pixelSize.width * pixelSize.height > maxPixels) {
        const reason = `its pictures of ${raw.width}x${raw.height} are too large for --size original`;
        return { how: 'failed', reason };
      }
      const pixels = await read(pixelSize.width * pixelSize.height * 3);
      if (pixels === undefined) break;
      watch();
      yield { pixels, pixelSize, ...rest };
    }
    const notStarted = await exited;
    if (signal.aborted) return { how: 'ended' };
    if (stalled) return { how: 'stalled' };
    if (notStarted === undefined && child.exitCode === 0) return { how: 'ended' };
    const reason = notStarted ?? (trouble || `ffmpeg ended with ${child.signalCode ?? child.exitCode}`);
    return { how: 'failed', reason: withoutName(redact(reason, source), source.shown) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    child.stdout.destroy();
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) end();
    await exited;
    clearTimeout(killer);
  }
}

/** Most messages of ffmpeg repeat its input, or begin with what it was about to do. */
function withoutName(reason: string, shown: string): string {
  const end = reason.startsWith(`${shown}: `) ? reason.slice(shown.length + 2) : reason;
  return end.replace(/^Error opening input files: /, '');
}

/** Reads a stream in pieces of a requested length; undefined if it ends before. */
function createReader(stream: AsyncIterable<Buffer>): (length: number) => Promise<Buffer | undefined> {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return async (length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      if (rest.length === 0) {
        const { done, value } = await chunks.next();
        if (done === true) return undefined;
        rest = value;
      }
      const copied = rest.copy(bytes, filled);
      filled += copied;
      rest = rest.subarray(copied);
    }
    return bytes;
  };
}
