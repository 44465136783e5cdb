export type { RedisAddress, RedisByClient, RedisConnection } from './connection/redis-connection.ts';
export { createDeadLetterStore } from './dead-letters/dead-letter-store.ts';
export type {
  DeadLetter,
  DeadLetterInfo,
  DeadLetterSelection,
  DeadLetterStore,
  DeadLetterSummary,
  LetterOrigin,
  ReplayResult,
  SelectedReplay,
} from './dead-letters/dead-letter-types.ts';
export { RedisBatchSourceError, type RedisBatchSourceErrorCode } from './errors.ts';
export {
  type DeadLetterStoreOptions,
  defaultPriorityWeights,
  defaultRedisBatchSourceOptions,
  type PriorityOf,
  type RedisBatchSourceOptions,
  type RedisBatchSourceSettings,
} from './options.ts';
export { createRedisBatchSource } from './redis-batch-source.ts';
export type { Lease, OwnOutcome, RedisBatchSource } from './types.ts';
