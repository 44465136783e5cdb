import {
  type Environment,
  parser,
  type RedisServerSettings,
  real,
  redisUrl,
  whole,
} from '@trinetra/env-settings';
import { z } from 'zod';
import { flag, glob, parseValues } from '../option-schemas.ts';
import { parseRedisSettings } from '../redis.ts';

const units = new Map([
  ['', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
]);

const byteSize = parser((text) => {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]B|)$/i.exec(text.trim());
  const bytes = Math.floor(Number(match?.[1]) * (units.get(match?.[2]?.toUpperCase() ?? '') ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : undefined;
}, 'a size like 500MB or 2GB');

const schema = z.strictObject({
  /** A folder. */
  output: z.string().min(1, 'expected a folder'),
  redis: redisUrl,
  /** Globs; a camera is recorded that matches one. None: all. */
  camera: z.array(glob).default([]),
  // Longest time of a timer.
  seconds: real(0.001, 2_000_000).default(Infinity),
  frames: whole(1).default(Infinity),
  /** Largest size of the folder. */
  maxBytes: byteSize.prefault('1GB'),
  /** One frame of this many of each camera. */
  every: whole(1).default(1),
  /** Begins with what the streams hold, else with new entries. */
  fromBeginning: flag,
});

/** Limits of time and frames are Infinity if there are none. */
export type CaptureOptions = Readonly<Omit<z.output<typeof schema>, 'redis'>> & {
  readonly redis: RedisServerSettings;
};

/**
 * Reads the values of the command line, and the variables `REDIS_*`.
 *
 * @throws {ViewerError} `invalid_options`, one line for each problem.
 */
export function parseCaptureOptions(
  given: Readonly<Record<string, unknown>>,
  env: Environment,
): CaptureOptions {
  const url = env['REDIS_URL'] || 'redis://localhost:6379';
  const { redis, ...values } = parseValues(schema, { redis: url, ...given });
  return { ...values, redis: parseRedisSettings(redis, env) };
}
