import { hostname } from 'node:os';
import {
  flag,
  kafkaSettings,
  oneOf,
  optional,
  parser,
  real,
  redisSettings,
  type SettingsOf,
  setting,
  text,
  whole,
  writableProblem,
} from '@trinetra/env-settings';
import { modelSettings } from '@trinetra/person-pipeline/settings';
import { traceSettings } from './trace-settings.ts';

/** Where events go. */
type SinkSetting = { readonly kind: 'kafka' | 'stdout' } | { readonly kind: 'ndjson'; readonly path: string };

const sink = parser((value): SinkSetting | undefined => {
  if (value === 'kafka' || value === 'stdout') return { kind: value };
  return /^ndjson:./s.test(value) ? { kind: 'ndjson', path: value.slice(7) } : undefined;
}, 'kafka, ndjson:PATH or stdout');

const maximumAge = parser(
  (value) => (value === 'off' ? null : whole(1, 86_400_000).safeParse(value).data),
  'off or a whole number of milliseconds in 1..86400000',
);

/** Every variable that the worker reads; docs/SETTINGS.md has them in tables. */
export const settings = {
  ...redisSettings,
  ...kafkaSettings,
  KAFKA_ACKS: setting(oneOf('1', '0', '-1', 'all'), 'acknowledgements a publish waits for: 0, 1 or all', '1'),
  KAFKA_COMPRESSION: setting(oneOf('lz4', 'gzip', 'none'), 'lz4, gzip or none', 'lz4', {
    also: ['KAFKA_COMPRESSION_TYPE'],
  }),
  KAFKA_RETRIES: setting(whole(0, 100), 'retries of a publish that failed', '5'),
  KAFKA_RETRY_BACKOFF_MS: setting(whole(1, 60_000), 'wait before the first retry, ms', '100'),
  KAFKA_METADATA_MAX_AGE_MS: setting(
    whole(100, 3_600_000),
    'how often partitions and their leaders are asked for, ms; at once where one fails',
    '30000',
  ),
  KAFKA_FAILURE_POLICY: setting(
    oneOf('buffer', 'drop', 'hold'),
    'while Kafka is away: buffer events and go on, drop them, or hold and read no more',
    'buffer',
  ),
  KAFKA_BUFFER_MAX_BYTES: setting(
    whole(1, 17_179_869_184),
    'events that wait for Kafka, bytes of JSON; of too many the oldest are dropped',
    '67108864',
  ),
  SINK: setting(sink, 'where events go: kafka, ndjson:PATH or stdout', 'kafka', {
    check: async (to) => (to.kind === 'ndjson' ? writableProblem(to.path) : null),
  }),
  ...modelSettings,
  BATCH_TIMEOUT_MS: setting(
    real(0, 10_000),
    'a partial batch is sent after this, once the engine is free, ms',
    '20.0',
  ),
  DECODE_THREADS: setting(
    optional(whole(1, 64)),
    'frames decoded at once; default: as many as cores, 4 at most',
  ),
  MAX_FRAME_AGE_MS: setting(
    maximumAge,
    'frames older than this by ingest_ts are skipped as stale; off: none',
    'off',
  ),
  JPEG_DECODING: setting(
    oneOf('exact', 'fast'),
    'exact: the pixels that the reference decoder gives; fast: a bit less CPU, and its own embedding_space',
    'exact',
  ),
  SKIP_FLAT_FRAMES: setting(flag, 'skip frames that are black, blown out or flat: on or off', 'on'),
  STREAM_PATTERN: setting(text, 'which streams to read', 'frames:*'),
  CONSUMER_GROUP: setting(text, 'consumer group', 'inference-workers'),
  CONSUMER_NAME: setting(text, 'name in the group, unique a worker; default: the host name', hostname(), {
    isOfMachine: true,
  }),
  CLAIM_IDLE_MS: setting(
    whole(100, 86_400_000),
    'frames that a silent worker held longer are taken over, ms',
    '30000',
  ),
  MAX_DELIVERIES: setting(
    whole(1, 1000),
    'deliveries without an outcome before an entry is dead-lettered',
    '3',
  ),
  STREAM_DELETE_ACKED: setting(
    oneOf('auto', 'on', 'off'),
    'XDEL after XACK: auto (where no other group reads the stream), on or off',
    'auto',
  ),
  METRICS_PORT: setting(whole(0, 65_535), 'port of /metrics, /health and /ready; 0: any free one', '8002', {
    also: ['PROMETHEUS_PORT'],
  }),
  METRICS_HOST: setting(text, 'address that this port is bound to', '0.0.0.0'),
  STATUS_PAGE: setting(flag, 'live page of figures and cameras: on or off', 'off'),
  STATUS_HOST: setting(text, 'address that the page is bound to; it has no login', '127.0.0.1'),
  STATUS_PORT: setting(whole(0, 65_535), 'port of the page, which the log tells; 0: any free one', '0'),
  SHOW_FRAMES: setting(flag, 'camera pictures on the page, with what was found in them: on or off', 'off'),
  SHOW_FACES: setting(
    flag,
    'show faces unblurred; off: they are blurred before they leave the worker',
    'off',
  ),
  STOP_TIMEOUT_MS: setting(
    whole(100, 3_600_000),
    'longest stop, ms, below the time-out of what stops it; what is unfinished then stays pending',
    '9500',
    { also: ['SHUTDOWN_TIMEOUT_MS'] },
  ),
  LOG_LEVEL: setting(
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'debug, info, warn, error or silent; debug has a line for each frame',
    'info',
  ),
  ...traceSettings,
};

/** The parsed value of each variable. */
export type Settings = SettingsOf<typeof settings>;
