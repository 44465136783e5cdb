import type { CameraType } from '@trinetra/contracts';
import { real, whole } from '@trinetra/env-settings';
import { z } from 'zod';
import { createCameras } from '../cameras.ts';
import { SimulatorError } from '../errors.ts';
import { common, defaultArguments, parse, refuseForeign, size, types } from '../options.ts';
import type { FedCamera } from './feed-cameras.ts';
import type { Source } from './source.ts';

/** Seconds. Some cameras send a key frame only every 10 s, and there is no picture before the first. */
export const defaultStall = '15';

const schema = z.strictObject({
  ...common,
  types: types.default(['others']),
  /** Frames per second of each camera at most; undefined: as they come. */
  fps: real(0.01, 1000).optional(),
  /** 0: until all films end, or a signal. */
  seconds: real(0, 31_536_000).default(0),
  /** Length to which Redis trims each stream, approximately. */
  maxlen: whole(1, 1_000_000_000).default(Number(defaultArguments.maxlen)),
  size: size.default({ width: 640, height: 640 }),
  sizes: z.boolean().default(false),
  /** JPEG quality, 1..100. */
  quality: whole(1, 100).default(Number(defaultArguments.quality)),
  /** Whether films repeat. */
  loop: z.boolean().default(false),
  /** Time without a picture after which a stream reconnects, seconds. */
  stall: real(1, 3600).default(Number(defaultStall)),
});

/** Options for sources on the command line. */
export type FeedCommandOptions = Readonly<z.output<typeof schema>>;

/**
 * Reads the values of the command line, for sources.
 *
 * @param values Only those that were given, and the address of Redis.
 * @throws {SimulatorError} `invalid_options`, one line for each bad value.
 */
export function parseFeedOptions(values: Readonly<Record<string, unknown>>): FeedCommandOptions {
  refuseForeign(values, schema.shape, 'a source');
  return parse(schema, values);
}

/**
 * Makes a camera of each source, with its given name or `cam_others_01`, `cam_others_02`, ...
 *
 * @throws {SimulatorError} `invalid_options` where two have one name.
 */
export function camerasOf(sources: readonly Source[], cameraTypes: readonly CameraType[]): FedCamera[] {
  const cameras = createCameras(sources.length, cameraTypes);
  const fed = sources.flatMap((source, i): FedCamera[] => {
    const camera = cameras[i];
    return camera === undefined ? [] : [{ ...camera, id: source.name ?? camera.id, source }];
  });
  const twice = fed.find(({ id }, i) => fed.findIndex((other) => other.id === id) !== i);
  if (twice === undefined) return fed;
  throw new SimulatorError('invalid_options', `${twice.id}=: expected a name that no other camera has`);
}
