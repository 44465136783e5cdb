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

export interface CaptureOptions {
  readonly folder: string;
  readonly redis: RedisServerSettings;
  /** Globs; a camera is recorded that matches one. None: all. */
  readonly cameras: readonly string[];
  /** Limits of time and frames; Infinity: no limit. */
  readonly seconds: number;
  readonly frames: number;
  /** Largest size of the folder. */
  readonly maxBytes: number;
  /** One frame of this many of each camera. */
  readonly every: number;
  /** Begins with what the streams hold, else with new entries. */
  readonly fromBeginning: boolean;
}

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
  output: z.string().min(1, 'expected a folder'),
  redis: redisUrl,
  camera: z.array(glob).default([]),
  // Longest time of a timer.
  seconds: real(0.001, 2_000_000).optional(),
  frames: whole(1).optional(),
  maxBytes: byteSize.prefault('1GB'),
  every: whole(1).default(1),
  fromBeginning: flag,
});

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
  const { output, redis, camera, seconds, frames, ...rest } = parseValues(schema, { redis: url, ...given });
  return {
    ...rest,
    folder: output,
    redis: parseRedisSettings(redis, env),
    cameras: camera,
    seconds: seconds ?? Infinity,
    frames: frames ?? Infinity,
  };
}
