import { type CameraType, cameraTypes, type Size } from '@trinetra/contracts';
import { z } from 'zod';
import type { DatasetOptions } from './dataset.ts';
import { SimulatorError } from './errors.ts';

/** How the pictures are sent: squashed to a size as the ingestor does, or the bytes of the file. */
export type PictureSize = Size | 'original';

/** The command line, read and validated. */
export interface SimulatorOptions {
  readonly redis: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  readonly cameras: number;
  /** Types of the cameras, in turn; undefined: all there are. */
  readonly types: readonly CameraType[] | undefined;
  /** Frames per second of each camera. */
  readonly fps: number;
  /** 0: until a signal. */
  readonly seconds: number;
  /** Length to which Redis trims each stream, approximately. */
  readonly maxlen: number;
  readonly size: PictureSize;
  /** Whether entries say the size of the camera's own picture. */
  readonly sizes: boolean;
  /** JPEG quality, 1..100. */
  readonly quality: number;
  readonly seed: number;
  /** Share of frames that are damaged, 0..1. */
  readonly corruptRate: number;
  /** Longest delay of a frame or a burst, as a share of the time between two, 0..0.95. */
  readonly jitter: number;
  /** Frames that a camera sends at once; the rate stays the same. */
  readonly burst: number;
  readonly manifest: string | undefined;
  readonly json: boolean;
}

/** The defaults, as they would stand on the command line. */
export const defaultArguments: Readonly<
  Record<
    | 'redis'
    | 'cameras'
    | 'fps'
    | 'seconds'
    | 'maxlen'
    | 'size'
    | 'quality'
    | 'seed'
    | 'corruptRate'
    | 'jitter'
    | 'burst',
    string
  >
> = Object.freeze({
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
});

/** A number as the command line gives it, from `minimum` to `maximum`. */
export function numeric(
  minimum: number,
  maximum: number,
  kind: 'a number' | 'a whole number',
): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const fits = value >= minimum && value <= maximum && (kind === 'a number' || Number.isInteger(value));
    if (fits) return value;
    context.addIssue(`expected ${kind} in ${minimum}..${maximum} but received "${text}"`);
    return z.NEVER;
  });
}

export const size: z.ZodType<PictureSize, string> = z.string().transform((text, context): PictureSize => {
  if (text === 'original') return 'original';
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (width >= 1 && width <= 16_384 && height >= 1 && height <= 16_384) return { width, height };
  context.addIssue(`expected WIDTHxHEIGHT (1..16384 each) or original but received "${text}"`);
  return z.NEVER;
});

export const types: z.ZodType<readonly CameraType[], string> = z.string().transform((text, context) => {
  const found = text.split(',').map((name) => cameraTypes.find((type) => type === name.trim()));
  if (found.every((type) => type !== undefined)) return found;
  context.addIssue(`expected ${cameraTypes.join(', ')}, comma separated, but received "${text}"`);
  return z.NEVER;
});

export const redis: z.ZodType<string, string> = z.string().refine(
  (text) => URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol),
  // The value is not repeated: it may hold a password.
  'expected an address like redis://host:6379 or rediss://host:6379',
);

const schema = z.strictObject({
  redis,
  frames: z.string().min(1, 'expected a folder').optional(),
  cameras: numeric(1, 10_000, 'a whole number'),
  types: types.optional(),
  fps: numeric(0.01, 1000, 'a number'),
  seconds: numeric(0, 31_536_000, 'a number'),
  maxlen: numeric(1, 1_000_000_000, 'a whole number'),
  size,
  quality: numeric(1, 100, 'a whole number'),
  seed: numeric(0, 4_294_967_295, 'a whole number'),
  corruptRate: numeric(0, 1, 'a number'),
  jitter: numeric(0, 0.95, 'a number'),
  burst: numeric(1, 1000, 'a whole number'),
  manifest: z.string().min(1, 'expected a file').optional(),
  sizes: z.boolean().optional(),
  json: z.boolean().optional(),
});

const identities = z.string().transform((text, context): readonly [number, number] => {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  const [first, end] = [Number(match?.[1]), Number(match?.[2])];
  if (first < end) return [first, end];
  context.addIssue(`expected two rising numbers like 1000-1600 but received "${text}"`);
  return z.NEVER;
});

const datasetSchema = z.strictObject({
  out: z.string().min(1, 'expected a folder'),
  count: numeric(1, 10_000_000, 'a whole number'),
  seed: numeric(0, 4_294_967_295, 'a whole number'),
  identities,
});

/** What `--replay` takes from the command line. */
export interface PlaybackOptions {
  readonly replay: string;
  readonly redis: string;
  readonly speed: number;
  readonly timestamps: 'original' | 'now';
  /** Length to which Redis trims each stream, approximately; undefined: not at all. */
  readonly maxlen: number | undefined;
  readonly manifest: string | undefined;
  readonly json: boolean;
}

const speed = z.string().transform((text, context) => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (text === 'max') return Number.POSITIVE_INFINITY;
  if (value >= 0.01 && value <= 1000) return value;
  context.addIssue(`expected a number in 0.01..1000 or max but received "${text}"`);
  return z.NEVER;
});

const timestamps = z.enum(['original', 'now'], {
  error: ({ input }) => `expected original or now but received "${String(input)}"`,
});

const playbackSchema = z.strictObject({
  redis,
  replay: z.string().min(1, 'expected a folder'),
  speed: speed.default(1),
  timestamps: timestamps.default('original'),
  maxlen: schema.shape.maxlen.optional(),
  manifest: schema.shape.manifest,
  json: z.boolean().default(false),
});

const flagOf = (path: readonly PropertyKey[]): string =>
  `--${path
    .map(String)
    .join('.')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export function parse<T>(schemaOfValues: z.ZodType<T>, values: Readonly<Record<string, unknown>>): T {
  const parsed = schemaOfValues.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${flagOf(issue.path)}: ${issue.message}`);
  throw new SimulatorError('bad_options', problems.join('\n'));
}

/**
 * Reads the values of the command line.
 *
 * @throws {SimulatorError} `bad_options`, one line for each bad value.
 */
export function parseOptions(values: Readonly<Record<string, unknown>>): SimulatorOptions {
  const { frames, types: chosen, manifest, sizes = false, json = false, ...rest } = parse(schema, values);
  return { ...rest, frames, types: chosen, manifest, sizes, json };
}

/** @throws {SimulatorError} `bad_options` where options were given that have no meaning beside others. */
export function refuseForeign(values: object, shape: object, beside: string): void {
  const foreign = Object.keys(values).filter((name) => !(name in shape));
  if (foreign.length === 0) return;
  const flags = foreign.map((name) => flagOf([name])).join(', ');
  throw new SimulatorError('bad_options', `${flags}: expected none of these beside ${beside}`);
}

/** As {@link parseOptions}, where `--replay` is given. @param values Only those that were given, and the address. */
export function parsePlaybackOptions(values: Readonly<Record<string, unknown>>): PlaybackOptions {
  refuseForeign(values, playbackSchema.shape, '--replay');
  const { maxlen, manifest, ...rest } = parse(playbackSchema, values);
  return { ...rest, maxlen, manifest };
}

/** As {@link parseOptions}, for the command `dataset`. */
export function parseDatasetOptions(values: Readonly<Record<string, unknown>>): DatasetOptions {
  const { out: folder, ...rest } = parse(datasetSchema, values);
  return { folder, ...rest };
}
