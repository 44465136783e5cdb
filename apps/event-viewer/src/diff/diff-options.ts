import { defined } from '@trinetra/contracts';
import { type Environment, type Parser, parser, real, whole } from '@trinetra/env-settings';
import { z } from 'zod';
import { invalidOptions } from '../errors.ts';
import type { SourceOptions } from '../event-source.ts';
import { parseKafkaSettings } from '../kafka-settings.ts';
import { flag, parseValues } from '../option-schemas.ts';
import type { Limit, Thresholds } from './thresholds.ts';

export interface DiffOptions {
  readonly a: SourceOptions;
  readonly b: SourceOptions;
  /** Differing frames to show. */
  readonly worst: number;
  readonly json: boolean;
  readonly thresholds: Thresholds;
}

const limitOf = (schema: Parser<number>): z.ZodType<Limit, string> =>
  z.string().transform((text, context) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return { value: parsed.data, text };
    for (const { message } of parsed.error.issues) context.addIssue(message);
    return z.NEVER;
  });

/** `1%`, or the same as `0.01`; a bare 1 could be meant either way. */
const share = parser((text) => {
  const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim())?.[1];
  const bare = /^0?\.\d+$|^0$/.test(text.trim());
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  return (bare || percent !== undefined) && value <= 1 ? value : undefined;
}, 'a share like 1% or 0.01');

const schema = z.strictObject({
  brokers: z.string().optional(),
  worst: whole(0)
    .refine((value) => value <= 1000, 'expected at most 1000')
    .default(10),
  json: flag,
  maxLost: limitOf(share).optional(),
  maxFacesLost: limitOf(share).optional(),
  maxFramesLost: limitOf(share).optional(),
  minIou: limitOf(real(0, 1)).optional(),
  minCosine: limitOf(real(-1, 1)).optional(),
  maxConfidenceShift: limitOf(real(0, 1)).optional(),
});

const kafkaPrefix = 'kafka:';

/**
 * Reads the arguments and the values of the command line.
 *
 * @throws {ViewerError} `invalid_options`, one line for each problem.
 */
export function parseDiffOptions(
  [a, b]: readonly [string, string],
  given: Readonly<Record<string, unknown>>,
  env: Environment,
): DiffOptions {
  const { brokers, worst, json, ...thresholds } = parseValues(schema, given);
  if (a === '-' && b === '-') {
    throw invalidOptions('A, B: expected standard input (-) for one of them, not for both');
  }
  const sourceOf = (text: string): SourceOptions => {
    if (!text.startsWith(kafkaPrefix)) return { kind: 'file', path: text, follow: false };
    const topic = text.slice(kafkaPrefix.length);
    if (topic === '') throw invalidOptions('A, B: expected a file or kafka:TOPIC');
    const overrides = defined({ KAFKA_BOOTSTRAP_SERVERS: brokers });
    const settings = parseKafkaSettings({ ...env, KAFKA_TOPIC: topic, ...overrides });
    return { kind: 'kafka', settings, group: undefined, fromBeginning: true, untilEnd: true };
  };
  return { a: sourceOf(a), b: sourceOf(b), worst, json, thresholds };
}
