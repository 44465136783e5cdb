import { type Logger, parseOptions, requireOptions } from '@trinetra/contracts';
import { z } from 'zod';
import { durationMs, refusing } from './options.ts';

/** Options of {@link createLogLimiter}. */
export interface LogLimiterOptions {
  /** At most one line per key in this time, ms. Default 10,000. */
  readonly intervalMs?: number | undefined;
  /** Keys remembered; beyond it the one that was written longest ago is forgotten. Default 1000. */
  readonly maxKeys?: number | undefined;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

const schema = z.strictObject({
  intervalMs: durationMs.default(10_000),
  maxKeys: z.int().min(1).max(1_000_000).default(1000),
});

type Level = 'info' | 'warn' | 'error';
type Write = (key: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Writes the first line of a key at once, then at most one per interval with the number it stands for. */
export interface LogLimiter extends Disposable {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** Writes what is still held back, one line a key. */
  close(): void;
}

interface Held {
  level: Level;
  writtenAt: number;
  suppressed: number;
  fields: Readonly<Record<string, unknown>>;
  message: string;
}

/**
 * Keeps a logger from being flooded by something that goes wrong a hundred times a second.
 *
 * Lines that stand for others carry `suppressed`, the number of lines of that key that were left out before.
 *
 * @throws {TelemetryError} `invalid_options`.
 * @example
 * const limiter = createLogLimiter(logger, { intervalMs: 10_000 });
 * limiter.warn(`corrupt:${cameraId}`, { camera_id: cameraId }, 'frame could not be decoded');
 */
export function createLogLimiter(logger: Logger, options: LogLimiterOptions = {}): LogLimiter {
  const how = refusing('logLimiter');
  requireOptions(logger, { ...how, prefix: 'logLimiter.logger' });
  const { now = () => performance.now(), ...plain } = requireOptions(options, how);
  const { intervalMs, maxKeys } = parseOptions(schema, plain, how);
  const keys = new Map<string, Held>();

  const settle = (held: Held): void => {
    if (held.suppressed > 0) {
      logger[held.level]({ ...held.fields, suppressed: held.suppressed }, held.message);
    }
  };
  const write =
    (level: Level): Write =>
    (key, fields, message) => {
      const time = now();
      const held = keys.get(key);
      if (held !== undefined && time - held.writtenAt < intervalMs) {
        Object.assign(held, { level, fields, message, suppressed: held.suppressed + 1 });
        return;
      }
      logger[level](held?.suppressed ? { ...fields, suppressed: held.suppressed } : fields, message);
      keys.delete(key);
      keys.set(key, { level, writtenAt: time, suppressed: 0, fields: {}, message });
      const [oldest] = keys;
      if (keys.size > maxKeys && oldest !== undefined) {
        keys.delete(oldest[0]);
        settle(oldest[1]);
      }
    };
  const close = (): void => {
    for (const held of keys.values()) settle(held);
    keys.clear();
  };
  return {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    close,
    [Symbol.dispose]: close,
  };
}
