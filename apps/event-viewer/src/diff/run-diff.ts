import { printableJson } from '@trinetra/contracts';
import type { CommandRun } from '../command-run.ts';
import { ViewerError } from '../errors.ts';
import { eventsOf, type SourceOptions } from '../event-source.ts';
import { createOutput } from '../output.ts';
import { compareFrames } from './compare-frames.ts';
import type { DiffOptions } from './diff-options.ts';
import { pairFrames } from './pair-frames.ts';
import { readFrames } from './read-frames.ts';
import { createTally, type SideCounts } from './report.ts';
import { reportText } from './report-text.ts';
import { passedThresholds } from './thresholds.ts';

/**
 * Compares two sets of events, and prints the differences.
 *
 * @returns The exit code: 1 past a threshold or if a line was no event, 130 after the abort, else 0.
 * @throws {ViewerError} of what cannot be read, or if there is nothing to compare.
 */
export async function runDiff(run: CommandRun<DiffOptions>): Promise<number> {
  const { options, stop, stdin, stdout, complain } = run;
  const output = createOutput(stdout, () => stop.abort());
  const sideOf = (name: 'A' | 'B', source: SourceOptions) => {
    const counts: SideCounts = { name: nameOf(source), events: 0, duplicates: 0, invalid: 0 };
    const events = eventsOf(source, { signal: stop.signal, stdin, name });
    return { counts, frames: readFrames(events, counts, (message) => complain(`${name}: ${message}`)) };
  };
  const [a, b] = [sideOf('A', options.a), sideOf('B', options.b)];
  const tally = createTally(options.worst);
  let givenUp = 0;
  const onGivenUp = (): void => {
    givenUp += 1;
  };
  for await (const pair of pairFrames(a.frames, b.frames, { onGivenUp })) {
    tally.add(compareFrames(pair.a, pair.b));
  }
  if (stop.signal.aborted) return 130;
  for (const [name, { counts }] of Object.entries({ A: a, B: b })) {
    const { name: source, events, invalid } = counts;
    if (events > 0) continue;
    const broken = invalid > 0 ? `, ${invalid} lines or messages that are none` : '';
    throw new ViewerError('unreadable', `${name}: expected events in ${source} but found none${broken}`);
  }
  const report = tally.report(a.counts, b.counts, givenUp);
  if (report.frames.both === 0) {
    const reason = 'no camera_id with the same frame_id or ingest_ts is in both';
    throw new ViewerError('unreadable', `A, B: expected events of the same frames, but ${reason}`);
  }
  const passed = passedThresholds(report, options.thresholds);
  const text = options.json ? printableJson({ ...report, passed }, 0) : reportText(report);
  await output.write(`${text}\n`);
  for (const line of passed) complain(line);
  return passed.length + a.counts.invalid + b.counts.invalid > 0 ? 1 : 0;
}

function nameOf(source: SourceOptions): string {
  if (source.kind === 'kafka') return `topic ${source.settings.KAFKA_TOPIC}`;
  return source.path === '-' ? 'standard input' : source.path;
}
