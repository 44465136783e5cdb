import { type CameraAspectOptions, parseAspectRatio, parseCameraAspects } from '@trinetra/contracts';
import { type FacePixels, parseFacePixels } from '@trinetra/embedder';
import { parseBroker } from '@trinetra/kafka-sink';
import { z } from 'zod';

/** One environment variable: how it is read, what it is without a value, and its line in `--help`. */
export interface Setting<T> {
  readonly schema: z.ZodType<T, string | undefined>;
  /** As it would stand in the environment; undefined: off. */
  readonly fallback: string | undefined;
  readonly help: string;
  readonly secret?: true;
}

export const text: z.ZodType<string, string | undefined> = z.string().min(1, 'expected some text');
export const optionalText: z.ZodType<string | undefined, string | undefined> = z.string().optional();

function numeric(minimum: number, maximum: number, whole: boolean): z.ZodType<number, string | undefined> {
  const kind = whole ? 'a whole number' : 'a number';
  return z.string(`expected ${kind}`).transform((value, context) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (
      Number.isFinite(number) &&
      number >= minimum &&
      number <= maximum &&
      (!whole || Number.isInteger(number))
    ) {
      return number;
    }
    context.addIssue(`expected ${kind} in ${minimum}..${maximum} but received "${value}"`);
    return z.NEVER;
  });
}

export const whole = (minimum: number, maximum: number): z.ZodType<number, string | undefined> =>
  numeric(minimum, maximum, true);
export const real = (minimum: number, maximum: number): z.ZodType<number, string | undefined> =>
  numeric(minimum, maximum, false);

export function oneOf<const T extends readonly [string, ...string[]]>(
  ...values: T
): z.ZodType<T[number], string | undefined> {
  return z.string().transform((value, context) => {
    const found = values.find((candidate) => candidate === value.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue(`expected one of ${values.join(', ')} but received "${value}"`);
    return z.NEVER;
  });
}

/** Parsed to `on` or `off`. */
export type Flag = 'on' | 'off';

export const flag: z.ZodType<Flag, string | undefined> = oneOf(
  'on',
  'off',
  'true',
  'false',
  '1',
  '0',
).transform((value): Flag => (['on', 'true', '1'].includes(value) ? 'on' : 'off'));

/** What is wrong with an address of Redis, in words that repeat nothing of it; null: nothing. */
function redisUrlProblem(value: string): string | null {
  if (!URL.canParse(value) || !['redis:', 'rediss:'].includes(new URL(value).protocol)) {
    return 'expected an address like redis://host:6379 or rediss://host:6379, with / # ? and % of a password as %2F %23 %3F and %25';
  }
  const { username, password, pathname, search, hash } = new URL(value);
  try {
    decodeURIComponent(username + password);
  } catch {
    return 'expected %25 in place of each % in its user and password, or the password in REDIS_PASSWORD as it is';
  }
  if (`${pathname}${search}${hash}`.includes('@')) {
    return 'expected %2F, %23 and %3F in place of each /, # and ? in its user and password';
  }
  // `/` alone is no database, as nothing is.
  if (!/^(\/\d{0,9})?$/.test(pathname))
    return 'expected the number of a database after its host, like /0, or nothing';
  return null;
}

export const redisUrl: z.ZodType<string, string | undefined> = z.string().transform((value, context) => {
  const problem = redisUrlProblem(value);
  if (problem === null) return value;
  context.addIssue(problem);
  return z.NEVER;
});

export const kafkaTopic: z.ZodType<string, string | undefined> = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/,
    'expected 1 to 249 letters, digits, dots, underscores or hyphens',
  );

export const brokers: z.ZodType<string[], string | undefined> = z.string().transform((value, context) => {
  const list = value.split(',').map((broker) => broker.trim());
  if (list.every((broker) => parseBroker(broker) !== null)) return list;
  context.addIssue(`expected host:port[,host:port...], IPv6 hosts in brackets, but received "${value}"`);
  return z.NEVER;
});

export const sentinels: z.ZodType<{ host: string; port: number }[] | undefined, string | undefined> = z
  .union([z.undefined(), brokers])
  .transform((list) =>
    list?.map((address) => {
      const at = address.lastIndexOf(':');
      return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
    }),
  );

/** What happens to events while Kafka is away. */
export type FailurePolicy = 'buffer' | 'drop' | 'hold';

/** Where events go. */
export type SinkSetting =
  | { readonly kind: 'kafka' | 'stdout' }
  | { readonly kind: 'ndjson'; readonly path: string };

export const sink: z.ZodType<SinkSetting, string | undefined> = z
  .string()
  .transform((value, context): SinkSetting => {
    if (value === 'kafka' || value === 'stdout') return { kind: value };
    if (value.startsWith('ndjson:') && value.length > 7) return { kind: 'ndjson', path: value.slice(7) };
    context.addIssue(`expected kafka, ndjson:PATH or stdout but received "${value}"`);
    return z.NEVER;
  });

export const maximumAge: z.ZodType<number | null, string | undefined> = z
  .string()
  .transform((value, context): number | null => {
    if (value === 'off') return null;
    const parsed = whole(1, 86_400_000).safeParse(value);
    if (parsed.success) return parsed.data;
    context.addIssue(`expected off or a whole number of milliseconds in 1..86400000 but received "${value}"`);
    return z.NEVER;
  });

export const frameAspect: z.ZodType<number | null, string | undefined> = z
  .string()
  .transform((value, context): number | null => {
    const keeps = value.toLowerCase() === 'keep';
    const ratio = keeps ? null : parseAspectRatio(value);
    if (ratio !== null || keeps) return ratio;
    context.addIssue(`expected keep or an aspect like 16:9 or 2560x1440 but received "${value}"`);
    return z.NEVER;
  });

export const cameraAspects: z.ZodType<
  NonNullable<CameraAspectOptions['cameraAspects']>,
  string | undefined
> = z.union([z.undefined(), z.string()]).transform((value, context) => {
  try {
    return value === undefined ? [] : parseCameraAspects(value);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
    return z.NEVER;
  }
});

/** What ONNX Runtime for Node has on some machine. */
const knownProviders = ['tensorrt', 'cuda', 'webgpu', 'cpu', 'dml', 'coreml'] as const;

export const providers: z.ZodType<string[], string | undefined> = z.string().transform((value, context) => {
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  const good = names.every((name) => knownProviders.some((known) => known === name));
  if (good && new Set(names).size === names.length) return names;
  context.addIssue(`expected some of ${knownProviders.join(', ')}, each once, but received "${value}"`);
  return z.NEVER;
});

export const provider: z.ZodType<string | undefined, string | undefined> = z.union([
  z.undefined(),
  oneOf(...knownProviders),
]);

export const classIds: z.ZodType<number[], string | undefined> = z.string().transform((value, context) => {
  const ids = value.split(',').map((id) => (id.trim() === '' ? Number.NaN : Number(id)));
  if (ids.every((id) => Number.isInteger(id) && id >= 0)) return ids;
  context.addIssue(`expected class numbers like 0 or 0,2 but received "${value}"`);
  return z.NEVER;
});

export function setting<T>(
  schema: z.ZodType<T, string | undefined>,
  fallback: string | undefined,
  help: string,
): Setting<T> {
  return { schema, fallback, help };
}

export function secret(help: string): Setting<string | undefined> {
  return { schema: optionalText, fallback: undefined, help, secret: true };
}

export function optionalWhole(
  minimum: number,
  maximum: number,
): z.ZodType<number | undefined, string | undefined> {
  return z.union([z.undefined(), whole(minimum, maximum)]);
}

/** `auto` is undefined. */
export const facePixels: z.ZodType<FacePixels | undefined, string | undefined> = z
  .string()
  .transform((value, context) => {
    if (value.toLowerCase() === 'auto') return undefined;
    const parsed = parseFacePixels(value);
    if (parsed !== null) return parsed;
    context.addIssue(
      `expected auto, or rgb or bgr, a mean and a divisor above 0, like 'rgb 127.5 127.5', but received "${value}"`,
    );
    return z.NEVER;
  });
