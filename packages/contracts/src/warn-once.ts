import type { Logger } from './logger.ts';

/** Cameras that are remembered; what is wrong with further ones is not said. */
const maxKeys = 20_000;
const minuteMs = 60_000;

/** Options of {@link createWarnOnce}. */
export interface WarnOnceOptions {
  /** Lines a minute, at most. Default 20. */
  readonly mostPerMinute?: number;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/** Warns where nothing was said under that key yet. */
export type WarnOnce = (key: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

/**
 * Warns once of each thing that stays as it is, such as a camera with a name that is refused. Where there are thousands, some are
 * named each minute, as long as they go on.
 *
 * @example
 * const warnOnce = createWarnOnce(logger);
 * warnOnce(streamKey, { camera_id: describeName(name) }, 'the entries of this camera are refused');
 */
export function createWarnOnce(
  logger: Logger,
  { mostPerMinute = 20, now = () => performance.now() }: WarnOnceOptions = {},
): WarnOnce {
  const said = new Set<string>();
  let [minute, lines] = [Number.NEGATIVE_INFINITY, 0];
  return (key, fields, message) => {
    if (said.has(key) || said.size >= maxKeys) return;
    if (now() - minute >= minuteMs) [minute, lines] = [now(), 0];
    lines += 1;
    if (lines <= mostPerMinute) {
      said.add(key);
      logger.warn(fields, message);
    } else if (lines === mostPerMinute + 1) {
      logger.warn({ mostPerMinute }, 'more of this kind is not named before the next minute');
    }
  };
}
