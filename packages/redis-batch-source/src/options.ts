import { hostname } from 'node:os';
import {
  type CameraType,
  cameraTypes,
  type FrameOutcome,
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
  silentLogger,
} from '@trinetra/contracts';
import { z } from 'zod';
import { type RedisConnection, redisConnectionSchema } from './connection/redis-connection.ts';
import { RedisBatchSourceError } from './errors.ts';
import type { Lease } from './types.ts';

const refusing: ParseOptions = refuseWith(RedisBatchSourceError);
const weights = { least: 0.01, most: 1000 } as const;
const weight = z.number().min(weights.least).max(weights.most);
const ms = (minimum: number): z.ZodNumber => z.number().int().min(minimum).max(86_400_000);

/** Shares of the camera types while every camera has a backlog; each camera counts by its own type. */
export const defaultPriorityWeights: Readonly<Record<CameraType, number>> = Object.freeze({
  billing: 8,
  entrance: 6,
  face_capture: 5,
  tracking: 4,
  vehicle: 3,
  emotion: 2,
  others: 1,
});

/** Whether a value may be a share. */
export const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && value >= weights.least && value <= weights.most;

/** The share of an entry's stream, 0.01..1000. */
export type PriorityOf = (lease: Lease) => number;

const schema = z.strictObject({
  redis: redisConnectionSchema,
  streamPattern: z.string().min(1).default('frames:*'),
  consumerGroup: z.string().min(1).default('inference-workers'),
  consumerName: z.string().min(1).default(hostname()),
  maxInFlight: z.number().int().min(1).max(4096),
  discoveryIntervalMs: ms(10).default(1000),
  claimIdleMs: ms(100).default(30_000),
  maxDeliveries: z.number().int().min(1).max(1000).default(3),
  isolateRedelivered: z.boolean().default(true),
  deadLetterPrefix: z.string().min(1).default('frames-dead:'),
  deadLetterMaxLength: z.number().int().min(1).default(100),
  deleteAcked: z.enum(['auto', 'on', 'off']).default('auto'),
  priorityWeights: z.partialRecord(z.enum(cameraTypes), weight).default({}),
  priorityOf: z
    .custom<PriorityOf>((value) => typeof value === 'function', 'expected a function')
    .exactOptional(),
  commandTimeoutMs: ms(100).default(5000),
  drainTimeoutMs: ms(0).default(5000),
  outcomes: z.array(z.string().min(1)).min(1).exactOptional(),
});

/** Options of `createRedisBatchSource`. `Outcome`: how its leases can end. */
export interface RedisBatchSourceOptions<Outcome extends string = FrameOutcome> {
  readonly redis: RedisConnection;
  /** Glob of the streams. Default `frames:*`. */
  readonly streamPattern?: string;
  /** Default `inference-workers`. */
  readonly consumerGroup?: string;
  /** Unique among the live consumers, the same after a restart. Default: the host name. */
  readonly consumerName?: string;
  /** Leases without an outcome at any moment, 1..4096. */
  readonly maxInFlight: number;
  /** How often new streams are looked for and lag is measured, ms. Default 1000. */
  readonly discoveryIntervalMs?: number;
  /** Entries that another consumer left untouched for so long are taken over, ms. Default 30000. */
  readonly claimIdleMs?: number;
  /** Deliveries without an outcome after which an entry goes to the dead-letter stream. Default 3. */
  readonly maxDeliveries?: number;
  /**
   * Whether an entry that was delivered before without an outcome is handed out alone: once everything else has its outcome (or is
   * parked), and with nothing beside it until it has one too. Then a frame that ends the process takes no other with it. Costs
   * the overlap and the batching of these entries: each takes the whole way of a frame by itself. Default true.
   */
  readonly isolateRedelivered?: boolean;
  /** Dead letters of `frames:cam` go to this prefix plus `cam`. Default `frames-dead:`. */
  readonly deadLetterPrefix?: string;
  /** Dead letters kept a camera, about. Default 100. */
  readonly deadLetterMaxLength?: number;
  /** XDEL after XACK: `auto` where no other group reads the stream, `on`, `off`. Default `auto`. */
  readonly deleteAcked?: 'auto' | 'on' | 'off';
  /** Overrides of {@link defaultPriorityWeights}, 0.01..1000. */
  readonly priorityWeights?: Partial<Record<CameraType, number>>;
  /**
   * For entries without a `camera_type`: the share of an entry's stream, 0.01..1000, from then on. Called for each new entry, so it
   * must return at once. A stream has the share 1 until its first entry is read, and keeps its last one where this throws or returns
   * something else; that is warned of once a stream.
   */
  readonly priorityOf?: PriorityOf;
  /**
   * How leases can end, for `settle()` and `stats()`. The source adds `released`, `trimmed` and `dead_lettered`. Default:
   * `frameOutcomes` of `@trinetra/contracts`.
   */
  readonly outcomes?: readonly Outcome[];
  /** Longest silence of a connection on which an answer is due, and longest wait for a new one, ms. Default 5000. */
  readonly commandTimeoutMs?: number;
  /** How long acks are still tried after `stop()`, ms. Default 5000. */
  readonly drainTimeoutMs?: number;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** The options, all filled in; `priorityOf` where it was given. */
export interface RedisBatchSourceSettings
  extends Required<Omit<RedisBatchSourceOptions<string>, 'priorityWeights' | 'priorityOf' | 'outcomes'>>,
    Pick<RedisBatchSourceOptions, 'priorityOf'> {
  readonly weights: Readonly<Record<CameraType, number>>;
}

const sourceSchema = schema.refine(
  ({ priorityOf, priorityWeights }) => priorityOf === undefined || Object.keys(priorityWeights).length === 0,
  { path: ['priorityOf'], message: 'expected no priorityWeights beside it' },
);

const { priorityWeights: _, ...plainDefaults } = schema.omit({ redis: true, maxInFlight: true }).parse({});

/** The defaults of the plain values, frozen; `redis` and `maxInFlight` have none. */
export const defaultRedisBatchSourceOptions: Omit<
  RedisBatchSourceSettings,
  'redis' | 'maxInFlight' | 'weights' | 'priorityOf' | 'logger'
> = Object.freeze(plainDefaults);

/** @throws {@link RedisBatchSourceError} `invalid_options`, naming every wrong option; never a password. */
export function parseSourceOptions(options: RedisBatchSourceOptions<string>): RedisBatchSourceSettings {
  const { logger = silentLogger, ...plain } = requireOptions(options, refusing);
  const { priorityWeights, outcomes: _outcomes, ...settings } = parseOptions(sourceSchema, plain, refusing);
  return { ...settings, weights: { ...defaultPriorityWeights, ...priorityWeights }, logger };
}

const deadLetterSchema = schema.pick({
  redis: true,
  streamPattern: true,
  deadLetterPrefix: true,
  commandTimeoutMs: true,
});

/** Options of `createDeadLetterStore`; they mean what they mean to the source that wrote the dead letters. */
export type DeadLetterStoreOptions = Pick<
  RedisBatchSourceOptions,
  'redis' | 'streamPattern' | 'deadLetterPrefix' | 'commandTimeoutMs' | 'logger'
>;

/** @throws {@link RedisBatchSourceError} `invalid_options`. */
export function parseDeadLetterOptions(options: DeadLetterStoreOptions): Required<DeadLetterStoreOptions> {
  const { logger = silentLogger, ...plain } = requireOptions(options, refusing);
  return { ...parseOptions(deadLetterSchema, plain, refusing), logger };
}
