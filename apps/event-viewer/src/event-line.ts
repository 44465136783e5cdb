import { styleText } from 'node:util';
import { printable } from '@trinetra/contracts';
import { countsOf, latencyMsOf, type ReceivedEvent } from './received-event.ts';

/** Longest text of a column. Longer ones are cut, so that a hostile event cannot fill the screen. */
const maxCellLength = 64;
/** Confidences to show of one frame. */
const maxConfidences = 4;

const colours: ReadonlyMap<string, 'green' | 'yellow' | 'red'> = new Map([
  ['ok', 'green'],
  ['degraded', 'yellow'],
  ['failed', 'red'],
] as const);
/** Of a status that a later version has. */
const otherColour = 'magenta';

function cell(text: string): string {
  const shown = printable(text.slice(0, maxCellLength + 1));
  return shown.length > maxCellLength ? `${shown.slice(0, maxCellLength)}…` : shown;
}

/** `1 face`, `2 faces` */
export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** `2026-02-23T10:13:20.123Z`; the number itself if it is no date. */
function formatTime(seconds: number): string {
  const date = new Date(Math.round(seconds * 1000));
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function personsOf({ event }: ReceivedEvent): string {
  const shown = event.detections.slice(0, maxConfidences).map(({ confidence, class_id }) => {
    const text = confidence.toFixed(2);
    return class_id === 0 ? text : `class ${class_id} ${text}`;
  });
  const hidden = event.detections.length - shown.length;
  const { persons } = countsOf(event);
  const list = [...shown, ...(hidden > 0 ? [`+${hidden}`] : [])].join(' ');
  return list === '' ? plural(persons, 'person') : `${plural(persons, 'person')} ${list}`;
}

export interface EventLineOptions {
  /** Colours the status. */
  readonly colour: boolean;
}

/**
 * Makes the line of each event: time, camera, type, status with reasons, persons with confidence, faces and
 * embeddings,
 * latency, frame id. Columns are as wide as their widest cell so far, so lines align without knowing what comes.
 * The time is that of the frame (`ingest_ts`), UTC.
 */
export function createEventLine({ colour }: EventLineOptions): (received: ReceivedEvent) => string {
  // The widths of common events, so that the first lines align, too.
  const widths = [24, 19, 12, 8, 29, 22, 8, 0];
  return (received) => {
    const { event } = received;
    const { faces, embeddings } = countsOf(event);
    const latencyMs = latencyMsOf(event);
    const status = [event.status, ...event.reasons.slice(0, 8)].join(' ');
    const cells = [
      formatTime(event.ingest_ts),
      cell(event.camera_id),
      cell(event.camera_type),
      cell(status),
      cell(personsOf(received)),
      `${plural(faces, 'face')} ${plural(embeddings, 'embedding')}`,
      latencyMs === undefined ? '-' : `${latencyMs.toFixed(0)} ms`,
      cell(event.frame_id),
    ];
    const padded = cells.map((text, at) => {
      widths[at] = Math.max(widths[at] ?? 0, text.length);
      return at === 6 ? text.padStart(widths[at]) : text.padEnd(widths[at]);
    });
    if (colour)
      padded[3] = styleText(colours.get(event.status) ?? otherColour, padded[3] ?? '', {
        validateStream: false,
      });
    return padded.join('  ').trimEnd();
  };
}
