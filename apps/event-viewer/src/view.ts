import { matchesGlob } from '@trinetra/contracts';
import type { CropSaver } from './crops/crop-saver.ts';
import { eventJson } from './event-json.ts';
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
  readonly options: Pick<ViewerOptions, 'cameras' | 'statuses' | 'limit' | 'show' | 'embeddings'>;
  readonly output: Output;
  readonly colour: boolean;
  readonly stats: EventStats | undefined;
  readonly times: TimeBins | undefined;
  readonly crops: CropSaver | undefined;
  /** Grows; so that it says what came also where the events end with an error. */
  readonly counts: ViewCounts;
  readonly complain: (message: string) => void;
}

export interface ViewCounts {
  /** Events that were selected. */
  shown: number;
  /** Messages or lines that are no events. */
  invalid: number;
}

/** Takes events to their end or to the limit, and shows each. */
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

/** Cameras of which it is said that their clock is another one; of more it is not. */
const maxClockComplaints = 10;

/** Says once a camera that its frames were not timed by the worker's clock. */
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

function isSelected(
  { event }: ReceivedEvent,
  { cameras, statuses }: Pick<ViewerOptions, 'cameras' | 'statuses'>,
): boolean {
  return (
    (statuses.length === 0 || statuses.includes(event.status)) &&
    (cameras.length === 0 || cameras.some((pattern) => matchesGlob(pattern, event.camera_id)))
  );
}

function createLine(
  { show, embeddings }: Pick<ViewerOptions, 'show' | 'embeddings'>,
  colour: boolean,
): ((received: ReceivedEvent) => string) | undefined {
  if (show === 'json') return (received) => eventJson(received, { embeddings });
  return show === 'lines' ? createEventLine({ colour }) : undefined;
}
