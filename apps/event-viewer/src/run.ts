import type { CommandRun } from './command-run.ts';
import { createCropSaver } from './crops/crop-saver.ts';
import { eventsOf } from './event-source.ts';
import { createEventStats } from './event-stats.ts';
import { startLiveTable } from './live-table.ts';
import type { ViewerOptions } from './options.ts';
import { createOutput } from './output.ts';
import { hasFonts } from './plot/canvas-pen.ts';
import { createTimeBins } from './plot/time-bins.ts';
import { plotFormat, writePlot } from './plot/write-plot.ts';
import { statsTable } from './stats-table.ts';
import { type ViewCounts, type ViewOptions, view } from './view.ts';

/**
 * Shows events until they end, or until the abort.
 *
 * @returns The exit code: 1 if something was no event, else 0.
 * @throws {ViewerError} if something cannot be read or written, after statistics and plot of the events so far.
 */
export async function run(given: CommandRun<ViewerOptions>): Promise<number> {
  const { options, stop, stdin, stdout, complain } = given;
  await using crops = options.crops && (await createCropSaver(options.crops));
  const output = createOutput(stdout, () => stop.abort());
  const stats = options.show.startsWith('stats') ? createEventStats() : undefined;
  const times = options.plot === undefined ? undefined : createTimeBins();
  const live =
    stats !== undefined && options.show === 'stats' && stdout.isTTY
      ? startLiveTable(stdout, (rows) => statsTable(stats.report(), rows))
      : undefined;
  let isSaid = false;
  const onReady = (): void => {
    if (isSaid) return; // a group may be joined more than once
    isSaid = true;
    if (stdout.isTTY || process.stderr.isTTY) complain('waiting for events');
  };
  const events = eventsOf(options.source, { signal: stop.signal, stdin, onReady });
  const colour = stdout.isTTY && stdout.hasColors();
  const counts: ViewCounts = { shown: 0, invalid: 0 };
  const shared = { options, output, stats, times, crops, complain };
  try {
    await view({ ...shared, events, colour, counts });
  } catch (error) {
    live?.stop();
    if (counts.shown > 0) await finish(shared);
    throw error;
  }
  live?.stop();
  await finish(shared);
  if (counts.invalid > 0) complain(`${counts.invalid} of what came were no detection events`);
  return counts.invalid > 0 ? 1 : 0;
}

async function finish({
  options,
  output,
  stats,
  times,
  crops,
  complain,
}: Omit<ViewOptions, 'events' | 'colour' | 'counts'>): Promise<void> {
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
