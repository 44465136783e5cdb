import {
  type DetectionEventToWrite,
  type Logger,
  type ParseOptions,
  parseHostPort,
  parseOptions,
  refuseWith,
  requireOptions,
  silentLogger,
  type TraceContext,
} from '@trinetra/contracts';
import { z } from 'zod';
import { KafkaSinkError } from './errors.ts';
import type { MessageFormat } from './message-format.ts';
import type { OAuthToken } from './oauth-bearer.ts';

const ms = (minimum: number): z.ZodNumber => z.number().int().min(minimum).max(3_600_000);

const broker = z.string().refine((text) => parseHostPort(text) !== null, {
  error: ({ input }) =>
    `expected host:port with port 1..65535, an IPv6 host in brackets, but received "${String(input)}"`,
});

const pem = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const fn = <F>(): z.ZodType<F> => z.custom<F>((value) => typeof value === 'function', 'expected a function');

const schema = z.strictObject({
  brokers: z.array(broker).min(1),
  topic: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'expected 1..249 letters, digits, dots, underscores or hyphens')
    .default('trinetra.detections'),
  clientId: z.string().min(1).default('trinetra-kafka-sink'),
  acks: z.union([z.literal(1), z.literal(0), z.literal(-1)]).default(1),
  compression: z.enum(['lz4', 'gzip', 'none']).default('lz4'),
  retries: z.number().int().min(0).max(100).default(5),
  retryBackoffMs: ms(1).default(100),
  maxMessageBytes: z.number().int().min(1000).max(100_000_000).default(900_000),
  connectionTimeoutMs: ms(10).default(1000),
  requestTimeoutMs: ms(100).default(10_000),
  metadataMaxAgeMs: ms(100).default(30_000),
  closeTimeoutMs: ms(0).default(3000),
  ssl: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: pem.exactOptional(),
        cert: z.string().min(1).exactOptional(),
        key: z.string().min(1).exactOptional(),
        passphrase: z.string().exactOptional(),
        servername: z.string().min(1).exactOptional(),
      }),
    ])
    .default(false),
  sasl: z
    .discriminatedUnion(
      'mechanism',
      [
        z.strictObject({
          mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
          username: z.string().min(1),
          password: z.string(),
        }),
        z.strictObject({
          mechanism: z.literal('oauthbearer'),
          oauthBearerProvider: fn<() => Promise<OAuthToken>>(),
        }),
      ],
      { error: 'expected plain, scram-sha-256, scram-sha-512 or oauthbearer, and what belongs to it' },
    )
    .exactOptional(),
  key: fn<MessageFormat<object>['key']>().exactOptional(),
  encode: fn<MessageFormat<object>['encode']>().exactOptional(),
  breaker: z
    .strictObject({
      failureThreshold: z.number().int().min(1).max(1000).default(1),
      probeIntervalMs: ms(10).default(1000),
    })
    .prefault({}),
});

/** TLS to the brokers; all PEM. `ca` where a private authority signed their certificates, the rest for mutual TLS. */
export interface KafkaTlsOptions {
  readonly ca?: string | string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
}

/** Options of `createKafkaSink`. */
export interface KafkaSinkOptions {
  /** `host:port` or `[IPv6]:port`, at least one; the others of the cluster are found from them. */
  readonly brokers: readonly string[];
  /** Created beforehand: the sink never creates a topic. Default `trinetra.detections`. */
  readonly topic?: string;
  /** Name in the logs of the brokers. Default `trinetra-kafka-sink`. */
  readonly clientId?: string;
  /** Replicas that must have the event: the leader (1), all in sync (-1), or nobody is asked (0). Default 1. */
  readonly acks?: 1 | 0 | -1;
  /** Default `lz4`. */
  readonly compression?: 'lz4' | 'gzip' | 'none';
  /** Tries after the first that failed, 0..100. Default 5. */
  readonly retries?: number;
  /** Wait before the first retry, ms; doubled before each further one, up to 30 s. Default 100. */
  readonly retryBackoffMs?: number;
  /** Events are cut to this size by leaving out embeddings, bytes. Default 900000. */
  readonly maxMessageBytes?: number;
  /** Longest wait for a connection, and for an answer about health, ms. Default 1000. */
  readonly connectionTimeoutMs?: number;
  /** Longest wait for one answer; no retry begins later than this after the first try, ms. Default 10000. */
  readonly requestTimeoutMs?: number;
  /** How often the sink asks which partitions there are and who leads them, ms; at once where one fails. Default 30000. */
  readonly metadataMaxAgeMs?: number;
  /** How long `close()` waits for requests that a broker does not answer, ms. Default 3000. */
  readonly closeTimeoutMs?: number;
  /** Default false: no TLS. */
  readonly ssl?: boolean | KafkaTlsOptions;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | {
        readonly mechanism: 'oauthbearer';
        /** The token for a connection that opens; asked each time, so it keeps a token for as long as it is good. */
        readonly oauthBearerProvider: () => Promise<OAuthToken>;
      };
  /** When writes stop waiting for a cluster that is away. */
  readonly breaker?: {
    /** Failed batches of a partition in a row that open its breaker. Default 1. */
    readonly failureThreshold?: number;
    /** How often an open breaker asks whether the partition is back, ms. Default 1000. */
    readonly probeIntervalMs?: number;
  };
  /** Where an event stands in a trace, for its headers `traceparent` and `tracestate`; must return at once. Default: nowhere. */
  readonly traceContextOf?: (event: DetectionEventToWrite) => TraceContext | undefined;
  /** Default: silent. The lines of kafkajs arrive at debug. */
  readonly logger?: Logger;
}

/** Options of `createKafkaSink` for messages that are no detection events; its `topic` has no meaningful default. */
export interface KafkaMessageSinkOptions<Message extends object>
  extends Omit<KafkaSinkOptions, 'traceContextOf'>,
    MessageFormat<Message> {}

/** The options, all filled in; `sasl` where it was given. */
export interface KafkaSinkSettings
  extends Required<Omit<KafkaSinkOptions, 'sasl' | 'breaker'>>,
    Pick<KafkaSinkOptions, 'sasl'> {
  readonly breaker: Required<NonNullable<KafkaSinkOptions['breaker']>>;
}

/** The defaults, frozen; `brokers`, `sasl`, `traceContextOf` and `logger` have none. */
export const defaultKafkaSinkOptions: Readonly<
  Omit<KafkaSinkSettings, 'brokers' | 'sasl' | 'traceContextOf' | 'logger'>
> = Object.freeze(schema.omit({ brokers: true, sasl: true, key: true, encode: true }).parse({}));

/** How options of this package are refused. */
export const refusing: ParseOptions = refuseWith(KafkaSinkError);

/** @throws {@link KafkaSinkError} `invalid_options`, naming every wrong option; never a password. */
export function parseSinkOptions(
  options: KafkaSinkOptions & Partial<MessageFormat<never>>,
): KafkaSinkSettings {
  const {
    logger = silentLogger,
    traceContextOf = () => undefined,
    ...plain
  } = requireOptions(options, refusing);
  const { key, encode, ...parsed } = parseOptions(schema, plain, refusing);
  if (encode !== undefined && options.traceContextOf !== undefined) {
    throw new KafkaSinkError(
      'invalid_options',
      'traceContextOf: expected none beside encode(), whose headers count',
    );
  }
  if ((key === undefined) !== (encode === undefined)) {
    throw new KafkaSinkError(
      'invalid_options',
      'key, encode: expected both, or neither for detection events',
    );
  }
  return { ...parsed, traceContextOf, logger };
}
