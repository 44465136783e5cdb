import {
  ageOfFrame,
  type DetectionEvent,
  isCameraId,
  safeParseDetectionEvent,
  timeOfFrame,
} from '@trinetra/contracts';

/** One message of the topic or one line of a file, unparsed. */
export interface RawEvent {
  readonly bytes: Uint8Array;
  /** For complaints: `line 3`, or `partition 0 offset 17`. */
  readonly place: string;
}

/** An event, validated and raw. `raw` keeps additions that this version does not know. */
export interface ReceivedEvent {
  readonly event: DetectionEvent;
  readonly raw: Readonly<Record<string, unknown>>;
}

export type ReadResult =
  | { readonly ok: true; readonly received: ReceivedEvent }
  | { readonly ok: false; readonly message: string };

/** Reads and validates one event. Never throws. The message repeats nothing of the input. */
export function readEvent({ bytes, place }: RawEvent): ReadResult {
  const result = safeParseDetectionEvent(bytes);
  if (!result.ok) return { ok: false, message: `${place}: ${result.message}` };
  return { ok: true, received: { event: result.event, raw: { ...result.event } } };
}

/** Complaints to print; further ones are counted. */
const maxComplaints = 10;

/** Yields the valid events. It counts the others in `counts`, and passes the first of them to `complain`. */
export async function* readEvents(
  events: AsyncIterable<RawEvent>,
  counts: { invalid: number },
  complain: (message: string) => void,
): AsyncGenerator<ReceivedEvent> {
  for await (const raw of events) {
    const result = readEvent(raw);
    if (result.ok) {
      yield result.received;
      continue;
    }
    counts.invalid += 1;
    if (counts.invalid <= maxComplaints) complain(result.message);
    if (counts.invalid === maxComplaints) complain('further ones are only counted');
  }
}

/** The camera's name in statistics: invalid names share `_invalid`. */
export function cameraOf(event: DetectionEvent): string {
  return isCameraId(event.camera_id) ? event.camera_id : '_invalid';
}

const frameOf = (event: DetectionEvent): { ingestTs: number; frameId: string } => ({
  ingestTs: event.ingest_ts,
  frameId: event.frame_id,
});

/**
 * From the frame's arrival to the event, ms, as the worker counts it: by `ingest_ts`, or by the entry's id if
 * `ingest_ts` is not of the worker's clock. Undefined if neither is a time.
 */
export function latencyMsOf(event: DetectionEvent): number | undefined {
  return ageOfFrame(frameOf(event), event.worker_ts * 1000);
}

/** Whether `ingest_ts` is no time of the worker's clock, or ahead of it. */
export function isOfOtherClock(event: DetectionEvent): boolean {
  return timeOfFrame(frameOf(event), event.worker_ts * 1000) !== event.ingest_ts * 1000;
}

export interface EventCounts {
  /** Detections of class 0. */
  readonly persons: number;
  /** Detections with a face that was found. */
  readonly faces: number;
  readonly embeddings: number;
}

export function countsOf({ detections, embeddings }: DetectionEvent): EventCounts {
  return {
    persons: detections.filter(({ class_id }) => class_id === 0).length,
    faces: detections.filter(({ face }) => typeof face === 'object').length,
    embeddings: embeddings.filter((embedding) => embedding !== null).length,
  };
}
