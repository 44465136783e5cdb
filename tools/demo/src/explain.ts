import { rate } from './pace.ts';
import { plural } from './plural.ts';
import type { Summary } from './summary.ts';

/** The state when the cameras ended. */
export interface CamerasEnd {
  readonly framesIn: number;
  readonly eventsOut: number;
  /** Frames with neither an event nor a reason. */
  readonly waiting: number;
  /** From the first frame on. */
  readonly seconds: number;
}

/** Frames in the path of a worker that keeps up. */
const onTheWay = 20;
/** A machine that serves a smaller share does not keep up. */
const keptUpShare = 0.95;

/** Whether the cameras sent more than the worker served. */
function isOverloaded({ framesIn, eventsOut, waiting }: CamerasEnd, summary: Summary): boolean {
  const late = waiting > onTheWay && eventsOut < keptUpShare * framesIn;
  return late || (summary.dropped['trimmed_unread'] ?? 0) > 0;
}

/**
 * Explains an overload of the machine; undefined if it kept up.
 *
 * @param asked Requested frames/s of all cameras.
 * @param chosen Whether `--fps` was given.
 */
export function explainOverload(
  end: CamerasEnd,
  summary: Summary,
  { asked, chosen }: { readonly asked: number; readonly chosen: boolean },
): string | undefined {
  if (!isOverloaded(end, summary)) return undefined;
  const { framesIn, eventsOut, waiting, seconds } = end;
  const { p50 } = summary.latency_ms;
  const sent = framesIn / seconds;
  const took = p50 === null ? '' : `, and half of those served took ${(p50 / 1000).toFixed(1)} s or more`;
  return [
    `This machine was overloaded: the cameras sent ${rate(sent)} frames/s`,
    sent < keptUpShare * asked ? ` (they could not make the ${rate(asked)} that were asked for)` : '',
    ` and it served ${rate(eventsOut / seconds)}. `,
    `${plural(waiting, 'frame')} stood in Redis when the cameras ended${took}. `,
    chosen
      ? 'Without --fps the demo plays at what the machine carries.'
      : 'It served more when it was measured: other programs took its processors, or the scenes have more people.',
  ].join('');
}

/** Explanations of reasons that need one. */
const meanings: Readonly<Record<string, string>> = {
  trimmed_unread: 'Redis keeps only the newest of each camera, and the worker had not come to them',
  trimmed: 'Redis trimmed them away before they were served',
  dead_lettered: 'delivered several times without an outcome',
  stale: 'older than MAX_FRAME_AGE_MS',
  black: 'the picture is black',
  blown_out: 'the picture is white',
  flat: 'the picture is of one colour',
};

/** Explains drops in one sentence; undefined without any. */
export function explainDrops(dropped: Readonly<Record<string, number>>): string | undefined {
  const parts = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => {
      const meaning = Object.hasOwn(meanings, reason) ? ` (${meanings[reason]})` : '';
      return `${plural(count, 'frame')} ${reason}${meaning}`;
    });
  return parts.length === 0 ? undefined : `Dropped: ${parts.join(', ')}.`;
}
