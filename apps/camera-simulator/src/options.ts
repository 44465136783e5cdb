import { type CameraType, cameraTypes } from '@trinetra/contracts';
import { flagName, type Parser, parseFlags, parser, real, redisUrl, whole } from '@trinetra/env-settings';
import { z } from 'zod';
import type { DatasetOptions } from './dataset.ts';
import { SimulatorError } from './errors.ts';
import type { PictureSize } from './pictures.ts';

/** The defaults, as on the command line. */
export const defaultArguments = {
  redis: 'redis://127.0.0.1:6379',
  cameras: '8',
  fps: '5',
  seconds: '20',
  maxlen: '100',
  size: '640x640',
  quality: '85',
  seed: '1',
  corruptRate: '0',
  jitter: '0',
  burst: '1',
} as const;

export const size: Parser<PictureSize> = parser((text): PictureSize | undefined => {
  if (text === 'original') return 'original';
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  return [width, height].every((side) => side >= 1 && side <= 16_384) ? { width, height } : undefined;
}, 'WIDTHxHEIGHT (1..16384 each) or original');

export const types: Parser<readonly CameraType[]> = parser(
  (text) => {
    const found = text.split(',').map((name) => cameraTypes.find((type) => type === name.trim()));
    return found.every((type) => type !== undefined) ? found : undefined;
  },
  `${cameraTypes.join(', ')}, comma separated,`,
);

/** The options that all ways to play have. */
export const common = {
  redis: redisUrl,
  manifest: z.string().min(1, 'expected a file').optional(),
  json: z.boolean().default(false),
};

const schema = z.strictObject({
  ...common,
  /** Folder of pictures; undefined: generated scenes. */
  frames: z.string().min(1, 'expected a folder').optional(),
  cameras: whole(1, 10_000),
  /** Types of the cameras, in turn; undefined: all. */
  types: types.optional(),
  /** Frames per second of each camera. */
  fps: real(0.01, 1000),
  /** 0: until a signal. */
  seconds: real(0, 31_536_000),
  /** Length to which Redis trims each stream, approximately. */
  maxlen: whole(1, 1_000_000_000),
  size,
  /** Whether entries have the size of the camera's own picture. */
  sizes: z.boolean().default(false),
  /** JPEG quality, 1..100. */
  quality: whole(1, 100),
  seed: whole(0, 4_294_967_295),
  /** Share of damaged frames, 0..1. */
  corruptRate: real(0, 1),
  /** Longest delay of a frame or a burst, as a share of the time between two, 0..0.95. */
  jitter: real(0, 0.95),
  /** Frames that a camera sends at once; the rate stays the same. */
  burst: whole(1, 1000),
});

/** The command line, read and validated. */
export type SimulatorOptions = Readonly<z.output<typeof schema>>;

const identities = parser((text): readonly [number, number] | undefined => {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  const [first, end] = [Number(match?.[1]), Number(match?.[2])];
  return first < end ? [first, end] : undefined;
}, 'two rising numbers like 1000-1600');

const datasetSchema = z.strictObject({
  out: z.string().min(1, 'expected a folder'),
  count: whole(1, 10_000_000),
  seed: whole(0, 4_294_967_295),
  identities,
});

const speed = parser(
  (text) => (text === 'max' ? Number.POSITIVE_INFINITY : real(0.01, 1000).safeParse(text).data),
  'a number in 0.01..1000 or max',
);

const timestamps = z.enum(['original', 'now'], {
  error: ({ input }) => `expected original or now but received "${String(input)}"`,
});

const playbackSchema = z.strictObject({
  ...common,
  replay: z.string().min(1, 'expected a folder'),
  speed: speed.default(1),
  timestamps: timestamps.default('original'),
  /** Length to which Redis trims each stream, approximately; undefined: not at all. */
  maxlen: schema.shape.maxlen.optional(),
});

/** Options for `--replay` on the command line. */
export type PlaybackOptions = Readonly<z.output<typeof playbackSchema>>;

/** @throws {SimulatorError} `invalid_options`, one line for each bad value. */
export function parse<T>(schemaOfValues: z.ZodType<T>, values: Readonly<Record<string, unknown>>): T {
  return parseFlags(schemaOfValues, values, (text) => new SimulatorError('invalid_options', text));
}

/**
 * Reads the values of the command line.
 *
 * @throws {SimulatorError} `invalid_options`, one line for each bad value.
 */
export const parseOptions = (values: Readonly<Record<string, unknown>>): SimulatorOptions =>
  parse(schema, values);

/** @throws {SimulatorError} `invalid_options` where options were given that have no meaning beside others. */
export function refuseForeign(values: object, shape: object, beside: string): void {
  const foreign = Object.keys(values).filter((name) => !(name in shape));
  if (foreign.length === 0) return;
  const flags = foreign.map(flagName).join(', ');
  throw new SimulatorError('invalid_options', `${flags}: expected none of these beside ${beside}`);
}

/**
 * As {@link parseOptions}, where `--replay` is given. @param values Only those that were given, and the
 * address.
 */
export function parsePlaybackOptions(values: Readonly<Record<string, unknown>>): PlaybackOptions {
  refuseForeign(values, playbackSchema.shape, '--replay');
  return parse(playbackSchema, values);
}

/** As {@link parseOptions}, for the command `dataset`. */
export function parseDatasetOptions(values: Readonly<Record<string, unknown>>): DatasetOptions {
  const { out: folder, ...rest } = parse(datasetSchema, values);
  return { folder, ...rest };
}
