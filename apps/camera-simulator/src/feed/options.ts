import type { CameraType } from '@trinetra/contracts';
import { real, redisUrl, whole } from '@trinetra/env-settings';
import { z } from 'zod';
import { type Camera, createCameras } from '../cameras.ts';
import { SimulatorError } from '../errors.ts';
import { defaultArguments, parse, refuseForeign, size, types } from '../options.ts';
import type { PictureSize } from '../pictures.ts';
import type { FedCamera } from './feed-cameras.ts';
import type { Source } from './source.ts';

/** Options for sources on the command line. */
export interface FeedCommandOptions {
  readonly redis: string;
  readonly types: readonly CameraType[];
  /** Frames per second of each camera at most; undefined: as they come. */
  readonly fps: number | undefined;
  /** 0: until all films end, or a signal. */
  readonly seconds: number;
  /** Length to which Redis trims each stream, approximately. */
  readonly maxlen: number;
  readonly size: PictureSize;
  readonly sizes: boolean;
  /** JPEG quality, 1..100. */
  readonly quality: number;
  /** Whether films repeat. */
  readonly loop: boolean;
  /** Time without a picture after which a stream reconnects, seconds. */
  readonly stall: number;
  readonly manifest: string | undefined;
  readonly json: boolean;
}

/** Seconds. Some cameras send a key frame only every 10 s, and there is no picture before the first. */
export const defaultStall = '15';

const schema = z.strictObject({
  redis: redisUrl,
  types: types.default(['others']),
  fps: real(0.01, 1000).optional(),
  seconds: real(0, 31_536_000).default(0),
  maxlen: whole(1, 1_000_000_000).default(Number(defaultArguments.maxlen)),
  size: size.default({ width: 640, height: 640 }),
  sizes: z.boolean().default(false),
  quality: whole(1, 100).default(Number(defaultArguments.quality)),
  loop: z.boolean().default(false),
  stall: real(1, 3600).default(Number(defaultStall)),
  manifest: z.string().min(1, 'expected a file').optional(),
  json: z.boolean().default(false),
});

/**
 * Reads the values of the command line, for sources.
 *
 * @param values Only those that were given, and the address of Redis.
 * @throws {SimulatorError} `invalid_options`, one line for each bad value.
 */
export function parseFeedOptions(values: Readonly<Record<string, unknown>>): FeedCommandOptions {
  refuseForeign(values, schema.shape, 'a source');
  const { fps, manifest, ...rest } = parse(schema, values);
  return { ...rest, fps, manifest };
}

/**
 * Makes a camera of each source, with its given name or `cam_others_01`, `cam_others_02`, ...
 *
 * @throws {SimulatorError} `invalid_options` where two have one name.
 */
export function camerasOf(sources: readonly Source[], cameraTypes: readonly CameraType[]): FedCamera[] {
  const named = createCameras(sources.length, cameraTypes).map((camera: Camera, i): Camera => {
    return { ...camera, id: sources[i]?.name ?? camera.id };
  });
  const twice = named.find(({ id }, i) => named.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined)
    throw new SimulatorError('invalid_options', `${twice.id}=: expected a name that no other camera has`);
  return named.flatMap((camera, i) => {
    const source = sources[i];
    return source === undefined ? [] : [{ ...camera, source }];
  });
}
