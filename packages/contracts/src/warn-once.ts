import type { Logger } from './logger.ts';
import { refusing, requireOptions } from './options.ts';

/** Cameras to remember; there is no warning for further ones. */
const maxKeys = 20_000;
const minuteMs = 60_000;

/** Options of {@link createWarnOnce}. */
export interface WarnOnceOptions {
  /** Lines a minute, at most. Default 20. */
  readonly mostPerMinute?: number;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/** Warns, unless it has warned under that key before. */
export type WarnOnce = (key: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

/**
 * Warns once of each lasting problem, such as a camera with a refused name. Of thousands it names some each
 * minute, as long as they last.
 *
 * @example
 * const warnOnce = createWarnOnce(logger);
 * warnOnce(streamKey, { camera_id: describeName(name) }, 'the entries of this camera are refused');
 */
export function createWarnOnce(logger: Logger, options: WarnOnceOptions = {}): WarnOnce {
  requireOptions(logger, { ...refusing, prefix: 'logger' });
  const { mostPerMinute = 20, now = () => performance.now() } = requireOptions(options, refusing);
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
