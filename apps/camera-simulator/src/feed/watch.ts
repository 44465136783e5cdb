import { backoffMs, pause } from '@trinetra/contracts';
import { SimulatorError } from '../errors.ts';
import { type DecodedPicture, type DecodeEnd, type DecodeOptions, decode } from './decode.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import type { Source } from './source.ts';

export interface WatchOptions extends Omit<DecodeOptions, 'stallMs'> {
  /** Time without a picture after which a stream reconnects, ms. */
  readonly stallMs: number;
  /** Called once at the start of an outage, with one clause about it. */
  readonly onOutage: (what: string) => void;
  /** Called at the first picture after an outage, with its duration. */
  readonly onReturn: (outageMs: number) => void;
}

/** Between 1 and 30 s: the cameras of one recorder do not come back all at once. */
const backoff = { firstMs: 1000, maxMs: 30_000 };
/** A stream that lasted so long was well: the next pause is short again. */
const wellAfterMs = 10_000;

function describeEnd(end: DecodeEnd, stallMs: number): string {
  if (end.how === 'stalled') return `no picture for ${Math.round(stallMs / 100) / 10} s`;
  return end.how === 'ended' ? 'the stream ended' : end.reason;
}

/**
 * Yields the pictures of a source: of a film to its end, of anything else until the signal, reconnecting for ever.
 *
 * @throws {SimulatorError} `bad_source` if ffmpeg cannot read a film, `source_failed` if reading fails midway.
 */
export async function* watch(
  ffmpeg: Ffmpeg,
  source: Source,
  options: WatchOptions,
): AsyncGenerator<DecodedPicture, void> {
  const { signal, stallMs, loop, onOutage, onReturn } = options;
  const isFilm = source.kind === 'film';
  let failures = 0;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    const startedAt = performance.now();
    let pictures = 0;
    // A film may show one picture for minutes; only its end counts.
    const run = decode(ffmpeg, source, { ...options, stallMs: isFilm ? undefined : stallMs });
    let end: DecodeEnd;
    try {
      let step = await run.next();
      for (; step.done !== true; step = await run.next()) {
        pictures += 1;
        if (lostAt !== undefined) onReturn(performance.now() - lostAt);
        lostAt = undefined;
        yield step.value;
      }
      end = step.value;
    } finally {
      // If the caller stops here, so does ffmpeg.
      await run.return({ how: 'ended' });
    }
    if (signal.aborted) return;
    if (isFilm && (end.how === 'failed' || pictures === 0)) {
      const code = pictures === 0 ? 'bad_source' : 'source_failed';
      const reason = end.how === 'failed' ? end.reason : 'it has no picture';
      throw new SimulatorError(code, `ffmpeg cannot read ${source.shown}: ${reason}`);
    }
    if (isFilm && !loop) return;
    if (pictures > 0 && performance.now() - startedAt > wellAfterMs) failures = 0;
    failures += 1;
    if (!isFilm && lostAt === undefined) {
      lostAt = performance.now();
      onOutage(describeEnd(end, stallMs));
    }
    await pause(backoffMs(failures, backoff), signal);
  }
}
