import { matchesGlob, printableJson } from '@trinetra/contracts';
import type { CropSaver } from './crops/crop-saver.ts';
import { createEventLine } from './event-line.ts';
import type { EventStats } from './event-stats.ts';
import type { ViewerOptions } from './options.ts';
import type { Output } from './output.ts';
import type { TimeBins } from './plot/time-bins.ts';
import {
  cameraOf,
  isOfOtherClock,
  latencyMsOf,
  type RawEvent,
  type ReceivedEvent,
  readEvents,
} from './received-event.ts';

export interface ViewOptions {
  readonly events: AsyncIterable<RawEvent>;
  readonly options: ViewerOptions;
  readonly output: Output;
  readonly colour: boolean;
  readonly stats: EventStats | undefined;
  readonly times: TimeBins | undefined;
  readonly crops: CropSaver | undefined;
  /** Updated in place, so that the counts exist even if the events end with an error. */
  readonly counts: ViewCounts;
  readonly complain: (message: string) => void;
}

export interface ViewCounts {
  /** Selected events. */
  shown: number;
  /** Messages or lines that are no events. */
  invalid: number;
}

/** Shows events to their end or to the limit. */
export async function view({ events, options, output, ...rest }: ViewOptions): Promise<void> {
  const { stats, times, crops, counts, complain } = rest;
  const line = createLine(options, rest.colour);
  const tellClock = createClockTeller(complain);
  for await (const received of readEvents(events, counts, complain)) {
    if (!isSelected(received, options)) continue;
    counts.shown += 1;
    tellClock(received);
    stats?.add(received.event);
    times?.add(received.event);
    await crops?.save(received.event);
    if (line !== undefined) await output.write(`${line(received)}\n`);
    if (counts.shown >= options.limit) break;
  }
}

/** Most cameras to warn about their clock. */
const maxClockComplaints = 10;

/** Warns once a camera that its frames have the time of another clock. */
function createClockTeller(complain: (message: string) => void): (received: ReceivedEvent) => void {
  const told = new Set<string>();
  return ({ event }) => {
    const camera = cameraOf(event);
    if (told.size >= maxClockComplaints || told.has(camera) || !isOfOtherClock(event)) return;
    told.add(camera);
    const latency =
      latencyMsOf(event) === undefined ? 'its latency is unknown' : 'its latency counts from frame_id';
    const ahead = (event.ingest_ts - event.worker_ts).toFixed(1);
    complain(`${camera}: ingest_ts is not of the worker's clock (${ahead} s ahead): ${latency}`);
  };
}

function isSelected({ event }: ReceivedEvent, { cameras, statuses }: ViewerOptions): boolean {
  return (
    (statuses.length === 0 || statuses.some((one) => one === event.status)) &&
    (cameras.length === 0 || cameras.some((pattern) => matchesGlob(pattern, event.camera_id)))
  );
}

function createLine(
  { show, embeddings }: ViewerOptions,
  colour: boolean,
): ((received: ReceivedEvent) => string) | undefined {
  if (show === 'json') return (received) => eventJson(received, { embeddings });
  return show === 'lines' ? createEventLine({ colour }) : undefined;
}

/** The event on one line, unchanged but safe for a terminal; embeddings only on request. */
export function eventJson({ raw }: ReceivedEvent, options: { readonly embeddings: boolean }): string {
  if (options.embeddings) return printableJson(raw, 0);
  const { embeddings: _embeddings, ...rest } = raw;
  return printableJson(rest, 0);
}
