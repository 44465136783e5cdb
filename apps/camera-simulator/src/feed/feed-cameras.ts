import type { Camera } from '../cameras.ts';
import { SimulatorError } from '../errors.ts';
import { ingestEntry } from '../ingest-entry.ts';
import { createSummary, type Stage, type Summary, send } from '../summary.ts';
import { type FeedFrame, type FeedOptions, feedOf } from './feed.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { createLatest } from './latest.ts';
import type { Source } from './source.ts';

/** A camera and its source of pictures. */
export interface FedCamera extends Camera {
  readonly source: Source;
}

export interface FeedCamerasOptions extends Omit<FeedOptions, 'onOutage' | 'onReturn'>, Stage {
  /** undefined if all sources are folders. */
  readonly ffmpeg: Ffmpeg | undefined;
  readonly cameras: readonly FedCamera[];
  /** Whether entries have `width` and `height`. */
  readonly sizes: boolean;
  /** A line for people: a camera is lost, or back. */
  readonly say: (text: string) => void;
}

/** One run of all cameras. */
interface Run {
  readonly options: FeedCamerasOptions;
  readonly summary: Summary;
  readonly startedAt: number;
  /** Ends all cameras, with an error. */
  readonly stop: AbortController;
  /** Errors of cameras at their first try, while they have given no picture. */
  readonly firstFailures: Map<string, string>;
}

/**
 * Feeds all cameras until their sources end, or until the signal.
 *
 * @throws {SimulatorError} `bad_source` if a film cannot be read, or if no camera gave a picture at its first try.
 */
export async function feedCameras(options: FeedCamerasOptions): Promise<Summary> {
  const ids = options.cameras.map(({ id, type }) => [id, type] as const);
  const summary = createSummary(ids, { dropped: 0, outages: 0 });
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const run = {
    options: { ...options, signal },
    summary,
    startedAt: performance.now(),
    stop,
    firstFailures: new Map(),
  };
  await Promise.all(options.cameras.map((camera) => feedCamera(run, camera)));
  if (stop.signal.aborted) throw stop.signal.reason;
  return summary;
}

async function feedCamera(run: Run, camera: FedCamera): Promise<void> {
  const { options, summary, stop, firstFailures } = run;
  const own = summary.cameras[camera.id];
  if (own === undefined) throw new RangeError(`camera ${camera.id}: expected one of the summary`);
  const latest = createLatest<FeedFrame>();
  let seen = false;
  const onOutage = (what: string): void => {
    own.outages = (own.outages ?? 0) + 1;
    if (!seen) firstFailures.set(camera.id, what);
    if (firstFailures.size === options.cameras.length) stop.abort(noneWorks(options.cameras, firstFailures));
    else options.say(`${camera.id}: ${what}; connecting again`);
  };
  const onReturn = (outageMs: number): void =>
    options.say(`${camera.id}: pictures again after ${Math.round(outageMs / 1000)} s`);
  const read = async (): Promise<void> => {
    try {
      for await (const frame of feedOf(options.ffmpeg, camera.source, { ...options, onOutage, onReturn })) {
        seen = true;
        firstFailures.delete(camera.id);
        if (latest.put(frame)) own.dropped = (own.dropped ?? 0) + 1;
      }
    } catch (error) {
      if (SimulatorError.isInstance(error) && error.code === 'source_failed')
        options.say(`${camera.id}: ${error.message}`);
      else stop.abort(error);
    } finally {
      latest.close();
    }
  };
  const write = async (): Promise<void> => {
    for await (const frame of latest) await sendFrame(run, camera, frame);
  };
  await Promise.all([read(), write().catch((error: unknown) => stop.abort(error))]);
}

function noneWorks(cameras: readonly FedCamera[], failures: ReadonlyMap<string, string>): SimulatorError {
  const lines = cameras.map(({ id, source }) => `${id}: cannot read ${source.shown}: ${failures.get(id)}`);
  return new SimulatorError('bad_source', lines.join('\n'));
}

async function sendFrame(run: Run, camera: FedCamera, frame: FeedFrame): Promise<void> {
  const { options, summary, startedAt } = run;
  const { image, takenAtMs } = frame;
  const bytes = await frame.encode();
  summary.max_late_ms = Math.max(summary.max_late_ms, Date.now() - takenAtMs);
  const entry = ingestEntry(camera, { ...frame, bytes }, { takenAtMs, sizes: options.sizes });
  await send(summary, [entry], [{ camera_id: camera.id, image }], options);
  summary.seconds = Math.round(performance.now() - startedAt) / 1000;
  options.onProgress?.(summary);
}
