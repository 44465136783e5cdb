import type { Readable } from 'node:stream';
import { type CropSaver, createCropSaver } from './crops/crop-saver.ts';
import { connectFrameReader } from './crops/frame-reader.ts';
import { createEventStats, type EventStats } from './event-stats.ts';
import { kafkaSource } from './kafka-source.ts';
import { startLiveTable } from './live-table.ts';
import { ndjsonSource } from './ndjson-source.ts';
import type { SourceOptions, ViewerOptions } from './options.ts';
import { createOutput, type Output } from './output.ts';
import { hasFonts } from './plot/canvas-pen.ts';
import { createTimeBins, type TimeBins } from './plot/time-bins.ts';
import { plotFormat, writePlot } from './plot/write-plot.ts';
import type { RawEvent } from './received-event.ts';
import { statsTable } from './stats-table.ts';
import { type ViewCounts, view } from './view.ts';

export interface RunOptions {
  readonly options: ViewerOptions;
  /** Its abort ends the run with the events so far. */
  readonly stop: AbortController;
  readonly stdin: Readable;
  readonly stdout: NodeJS.WriteStream;
  readonly complain: (message: string) => void;
}

/**
 * Shows events until they end, or until the abort.
 *
 * @returns The exit code: 1 if something was no event, else 0.
 * @throws {ViewerError} if something cannot be read or written, after statistics and plot of the events so far.
 */
export async function run({ options, stop, stdin, stdout, complain }: RunOptions): Promise<number> {
  await using frames =
    options.crops === undefined ? undefined : await connectFrameReader(options.crops.redis);
  const output = createOutput(stdout, () => stop.abort());
  const stats = options.show.startsWith('stats') ? createEventStats() : undefined;
  const times = options.plot === undefined ? undefined : createTimeBins();
  const crops =
    options.crops === undefined || frames === undefined
      ? undefined
      : await createCropSaver(options.crops.folder, frames);
  const live =
    stats !== undefined && options.show === 'stats' && stdout.isTTY
      ? startLiveTable(stdout, (rows) => statsTable(stats.report(), rows))
      : undefined;
  let isSaid = false;
  const events = eventsOf(options.source, stop.signal, stdin, () => {
    if (isSaid) return; // a group may be joined more than once
    isSaid = true;
    if (stdout.isTTY || process.stderr.isTTY) complain('waiting for events');
  });
  const colour = stdout.isTTY && stdout.hasColors();
  const counts: ViewCounts = { shown: 0, invalid: 0 };
  try {
    await view({ events, options, output, colour, stats, times, crops, counts, complain });
  } catch (error) {
    live?.stop();
    if (counts.shown > 0) await finish({ options, output, stats, times, crops, complain });
    throw error;
  }
  live?.stop();
  await finish({ options, output, stats, times, crops, complain });
  if (counts.invalid > 0) complain(`${counts.invalid} of what came were no detection events`);
  return counts.invalid > 0 ? 1 : 0;
}

function eventsOf(
  source: SourceOptions,
  signal: AbortSignal,
  stdin: Readable,
  onReady: () => void,
): AsyncIterable<RawEvent> {
  return source.kind === 'file'
    ? ndjsonSource({ ...source, signal, stdin })
    : kafkaSource({ ...source, signal, onReady });
}

interface Finish {
  readonly options: ViewerOptions;
  readonly output: Output;
  readonly stats: EventStats | undefined;
  readonly times: TimeBins | undefined;
  readonly crops: CropSaver | undefined;
  readonly complain: (message: string) => void;
}

async function finish({ options, output, stats, times, crops, complain }: Finish): Promise<void> {
  if (stats !== undefined) {
    const report = stats.report();
    const text = options.show === 'stats' ? statsTable(report) : JSON.stringify(report);
    await output.write(`${text}\n`);
  }
  if (options.plot !== undefined && times !== undefined) {
    if (plotFormat(options.plot) === 'png' && !hasFonts()) {
      complain('--plot: this machine has no fonts, so the PNG has no text; .svg has');
    }
    await writePlot(options.plot, times, 'Detection events');
  }
  if (crops !== undefined) {
    const { saved, known, gone, unusable } = crops.counts;
    complain(
      `${saved} crops saved, ${known} were there already; of ${gone} events Redis has no frame any more, ${unusable} unusable`,
    );
  }
}
