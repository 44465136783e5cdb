import { hostname } from 'node:os';
import type { CameraAspectOptions } from '@trinetra/contracts';
import type { FacePixels } from '@trinetra/embedder';
import {
  brokers,
  cameraAspects,
  classIds,
  type FailurePolicy,
  type Flag,
  facePixels,
  flag,
  frameAspect,
  kafkaTopic,
  maximumAge,
  oneOf,
  optionalText,
  optionalWhole,
  provider,
  providers,
  real,
  redisUrl,
  type Setting,
  type SinkSetting,
  secret,
  sentinels,
  setting,
  sink,
  text,
  whole,
} from './setting-parsers.ts';
import { type TraceSettings, traceSettings } from './trace-settings.ts';

export type { FailurePolicy } from './setting-parsers.ts';

/** The parsed value of each variable; see {@link settings} for what they mean. */
export interface Settings extends TraceSettings {
  readonly REDIS_URL: string;
  readonly REDIS_USERNAME: string | undefined;
  readonly REDIS_PASSWORD: string | undefined;
  readonly REDIS_CA_FILE: string | undefined;
  readonly REDIS_SENTINELS: { readonly host: string; readonly port: number }[] | undefined;
  readonly REDIS_SENTINEL_MASTER: string | undefined;
  readonly REDIS_SENTINEL_USERNAME: string | undefined;
  readonly REDIS_SENTINEL_PASSWORD: string | undefined;
  readonly KAFKA_BOOTSTRAP_SERVERS: string[];
  readonly KAFKA_TOPIC: string;
  readonly KAFKA_ACKS: '1' | '0' | '-1' | 'all';
  readonly KAFKA_COMPRESSION: 'lz4' | 'gzip' | 'none';
  readonly KAFKA_RETRIES: number;
  readonly KAFKA_RETRY_BACKOFF_MS: number;
  readonly KAFKA_METADATA_MAX_AGE_MS: number;
  readonly KAFKA_FAILURE_POLICY: FailurePolicy;
  readonly KAFKA_BUFFER_MAX_BYTES: number;
  readonly KAFKA_TLS: Flag;
  readonly KAFKA_CA_FILE: string | undefined;
  readonly KAFKA_SASL_MECHANISM: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly KAFKA_USERNAME: string | undefined;
  readonly KAFKA_PASSWORD: string | undefined;
  readonly SINK: SinkSetting;
  readonly YOLO_ENGINE_PATH: string;
  readonly ARCFACE_ENGINE_PATH: string;
  readonly ARCFACE_INPUT: FacePixels | undefined;
  readonly ARCFACE_PROOF: 'refuse' | 'warn';
  readonly FACE_MODEL_PATH: string | undefined;
  readonly FACE_FALLBACK: 'none' | 'head-crop';
  readonly CONFIDENCE_THRESHOLD: number;
  readonly NMS_IOU_THRESHOLD: number;
  readonly CLASS_IDS: number[];
  readonly DETECTOR_SHAPES: 'auto' | 'square';
  readonly FRAME_ASPECT: number | null;
  readonly CAMERA_ASPECTS: NonNullable<CameraAspectOptions['cameraAspects']>;
  readonly BATCH_SIZE: number;
  readonly BATCH_TIMEOUT_MS: number;
  readonly FRAMES_PER_RUN: number | undefined;
  readonly EMBED_SUB_BATCH: number;
  readonly EXECUTION_PROVIDERS: string[];
  readonly REQUIRE_PROVIDER: string | undefined;
  readonly GPU_DEVICE_ID: number;
  readonly ENGINE_CACHE_DIR: string | undefined;
  readonly PROBE_INTERVAL_MS: number;
  readonly INFERENCE_THREADS: number | undefined;
  readonly INTRA_OP_THREADS: number | undefined;
  readonly DECODE_THREADS: number | undefined;
  readonly INFERENCE_TIMEOUT_MS: number;
  readonly MAX_CONSECUTIVE_FAILURES: number;
  readonly MAX_FRAME_AGE_MS: number | null;
  readonly JPEG_DECODING: 'exact' | 'fast';
  readonly SKIP_FLAT_FRAMES: Flag;
  readonly STREAM_PATTERN: string;
  readonly CONSUMER_GROUP: string;
  readonly CONSUMER_NAME: string;
  readonly CLAIM_IDLE_MS: number;
  readonly MAX_DELIVERIES: number;
  readonly STREAM_DELETE_ACKED: 'auto' | 'on' | 'off';
  readonly METRICS_PORT: number;
  readonly METRICS_HOST: string;
  readonly STATUS_PAGE: Flag;
  readonly STATUS_HOST: string;
  readonly STATUS_PORT: number;
  readonly SHOW_FRAMES: Flag;
  readonly SHOW_FACES: Flag;
  readonly STOP_TIMEOUT_MS: number;
  readonly LOG_LEVEL: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

export type SettingName = keyof Settings;

/** Every variable that the worker reads, as docs/SETTINGS.md lists them. */
export const settings: { readonly [K in SettingName]: Setting<Settings[K]> } = {
  REDIS_URL: setting(redisUrl, 'redis://localhost:6379', 'Redis; rediss:// for TLS'),
  REDIS_USERNAME: setting(optionalText, undefined, 'Redis ACL user'),
  REDIS_PASSWORD: secret('Redis password'),
  REDIS_CA_FILE: setting(
    optionalText,
    undefined,
    'PEM file of the authority that signed the certificate of Redis',
  ),
  REDIS_SENTINELS: setting(
    sentinels,
    undefined,
    'Sentinels, comma separated host:port; the host of REDIS_URL is not used then',
  ),
  REDIS_SENTINEL_MASTER: setting(optionalText, undefined, 'name of the master that the Sentinels monitor'),
  REDIS_SENTINEL_USERNAME: setting(optionalText, undefined, 'ACL user of the Sentinels'),
  REDIS_SENTINEL_PASSWORD: secret('password of the Sentinels'),
  KAFKA_BOOTSTRAP_SERVERS: setting(brokers, 'localhost:9092', 'Kafka brokers, comma separated'),
  KAFKA_TOPIC: setting(kafkaTopic, 'trinetra.detections', 'topic of the detection events'),
  KAFKA_ACKS: setting(oneOf('1', '0', '-1', 'all'), '1', 'acknowledgements a publish waits for: 0, 1 or all'),
  KAFKA_COMPRESSION: setting(oneOf('lz4', 'gzip', 'none'), 'lz4', 'lz4, gzip or none'),
  KAFKA_RETRIES: setting(whole(0, 100), '5', 'tries after the first that failed'),
  KAFKA_RETRY_BACKOFF_MS: setting(whole(1, 60_000), '100', 'wait before the first retry, ms'),
  KAFKA_METADATA_MAX_AGE_MS: setting(
    whole(100, 3_600_000),
    '30000',
    'how often partitions and their leaders are asked for, ms; at once where one fails',
  ),
  KAFKA_FAILURE_POLICY: setting(
    oneOf('buffer', 'drop', 'hold'),
    'buffer',
    'while Kafka is away: buffer events and go on, drop them, or hold and read no more',
  ),
  KAFKA_BUFFER_MAX_BYTES: setting(
    whole(1, 17_179_869_184),
    '67108864',
    'events that wait for Kafka, bytes of JSON; of too many the oldest are dropped',
  ),
  KAFKA_TLS: setting(flag, 'off', 'TLS to Kafka: on or off'),
  KAFKA_CA_FILE: setting(
    optionalText,
    undefined,
    'PEM file of the authority that signed the certificates of Kafka',
  ),
  KAFKA_SASL_MECHANISM: setting(
    oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    'plain',
    'plain, scram-sha-256 or scram-sha-512; used with KAFKA_USERNAME',
  ),
  KAFKA_USERNAME: setting(optionalText, undefined, 'Kafka user'),
  KAFKA_PASSWORD: secret('Kafka password'),
  SINK: setting(sink, 'kafka', 'where events go: kafka, ndjson:PATH or stdout'),
  YOLO_ENGINE_PATH: setting(
    text,
    '/models/yolov8m.engine',
    'person detector, see docs/MODELS.md; .onnx, or .engine with the .onnx beside it',
  ),
  ARCFACE_ENGINE_PATH: setting(text, '/models/arcface_r50.engine', 'face embedder; likewise'),
  ARCFACE_INPUT: setting(
    facePixels,
    'auto',
    'how the embedder wants faces: order, mean, divisor, like bgr 127.5 127.5; auto: as its graph tells',
  ),
  ARCFACE_PROOF: setting(
    oneOf('refuse', 'warn'),
    'refuse',
    'what becomes of an embedder that does not tell two drawn people apart: refuse or warn',
  ),
  FACE_MODEL_PATH: setting(
    optionalText,
    undefined,
    'YuNet or SCRFD face model with 5 landmarks; without it no face is aligned',
  ),
  FACE_FALLBACK: setting(
    oneOf('none', 'head-crop'),
    'none',
    'without a face model: none, or head-crop to embed unaligned heads',
  ),
  CONFIDENCE_THRESHOLD: setting(real(0, 1), '0.35', 'least confidence of a person'),
  NMS_IOU_THRESHOLD: setting(real(0, 1), '0.45', 'overlap above which the less confident box is dropped'),
  CLASS_IDS: setting(classIds, '0', 'classes to report, comma separated; 0 is person'),
  DETECTOR_SHAPES: setting(
    oneOf('auto', 'square'),
    'auto',
    'auto: a detector with open sides runs at the smallest input that holds the frame; square: at its own size',
  ),
  FRAME_ASPECT: setting(
    frameAspect,
    '16:9',
    'aspect of the cameras whose frames come square without width and height; keep: they are square',
  ),
  CAMERA_ASPECTS: setting(
    cameraAspects,
    undefined,
    'aspects of single cameras in its place: cam_01=4:3,cam_entrance_*=2560x1440',
  ),
  BATCH_SIZE: setting(whole(1, 64), '4', 'frames a micro-batch'),
  BATCH_TIMEOUT_MS: setting(real(0, 10_000), '20.0', 'longest wait of a frame for its batch to fill, ms'),
  FRAMES_PER_RUN: setting(
    optionalWhole(1, 64),
    undefined,
    'frames of a batch in one run of the detector; default: all of them, on the CPU 1',
  ),
  EMBED_SUB_BATCH: setting(whole(1, 16), '16', 'faces an embedding run, never more than 16'),
  EXECUTION_PROVIDERS: setting(
    providers,
    'tensorrt,cuda,webgpu,cpu',
    'where models may run, in the order in which it is tried',
  ),
  REQUIRE_PROVIDER: setting(
    provider,
    undefined,
    'the one provider that will do: no start where a model does not load on it',
  ),
  GPU_DEVICE_ID: setting(whole(0, 255), '0', 'which GPU tensorrt and cuda use'),
  ENGINE_CACHE_DIR: setting(
    optionalText,
    undefined,
    'folder for engines without their headers; default: none, they are held in memory',
  ),
  PROBE_INTERVAL_MS: setting(
    whole(1000, 86_400_000),
    '60000',
    'how often each model has to prove itself on a picture whose answer is known, ms',
  ),
  INFERENCE_THREADS: setting(
    optionalWhole(1, 64),
    undefined,
    'inferences at once, each with models of its own; default: as many as cores, 4 at most; GPU: 1',
  ),
  INTRA_OP_THREADS: setting(
    optionalWhole(1, 256),
    undefined,
    'cores of one inference; default: what INFERENCE_THREADS leaves for each',
  ),
  DECODE_THREADS: setting(
    optionalWhole(1, 64),
    undefined,
    'frames decoded at once; default: as many as cores, 4 at most',
  ),
  INFERENCE_TIMEOUT_MS: setting(
    whole(100, 3_600_000),
    '10000',
    'longest inference, ms; the first of a thread may take 6 times that. A thread is replaced 10 s later',
  ),
  MAX_CONSECUTIVE_FAILURES: setting(
    whole(1, 1_000_000),
    '5',
    'failures of a model in a row after which /ready says no',
  ),
  MAX_FRAME_AGE_MS: setting(
    maximumAge,
    'off',
    'frames older than this by ingest_ts are skipped as stale; off: none',
  ),
  JPEG_DECODING: setting(
    oneOf('exact', 'fast'),
    'exact',
    'exact: the pixels that the reference decoder gives; fast: a little less CPU, embeddings move slightly',
  ),
  SKIP_FLAT_FRAMES: setting(flag, 'on', 'skip frames that are black, blown out or flat: on or off'),
  STREAM_PATTERN: setting(text, 'frames:*', 'which streams to read'),
  CONSUMER_GROUP: setting(text, 'inference-workers', 'consumer group'),
  CONSUMER_NAME: setting(text, hostname(), 'name in the group, unique a worker; default: the host name'),
  CLAIM_IDLE_MS: setting(
    whole(100, 86_400_000),
    '30000',
    'frames that a silent worker held longer are taken over, ms',
  ),
  MAX_DELIVERIES: setting(
    whole(1, 1000),
    '3',
    'deliveries without an outcome before an entry is dead-lettered',
  ),
  STREAM_DELETE_ACKED: setting(
    oneOf('auto', 'on', 'off'),
    'auto',
    'XDEL after XACK: auto (where no other group reads the stream), on or off',
  ),
  METRICS_PORT: setting(whole(0, 65_535), '8002', 'port of /metrics, /health and /ready; 0: any free one'),
  METRICS_HOST: setting(text, '0.0.0.0', 'address that this port is bound to'),
  STATUS_PAGE: setting(flag, 'off', 'live page of figures and cameras: on or off'),
  STATUS_HOST: setting(text, '127.0.0.1', 'address that the page is bound to; it has no login'),
  STATUS_PORT: setting(whole(0, 65_535), '0', 'port of the page, which the log tells; 0: any free one'),
  SHOW_FRAMES: setting(flag, 'off', 'camera pictures on the page, with what was found in them: on or off'),
  SHOW_FACES: setting(flag, 'off', 'faces in these pictures; off: blurred before they leave the worker'),
  STOP_TIMEOUT_MS: setting(
    whole(100, 3_600_000),
    '9500',
    'longest stop, ms: less than what whoever stops it waits; what is not finished then stays pending',
  ),
  LOG_LEVEL: setting(
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'debug, info, warn, error or silent; debug has a line for each frame',
  ),
  ...traceSettings,
};
