export {
  createDeadLetterStore,
  type DeadLetter,
  type DeadLetterInfo,
  type DeadLetterSelection,
  type DeadLetterStore,
  type DeadLetterSummary,
  type ReplayResult,
  type SelectedReplay,
} from './dead-letters/dead-letter-store.ts';
export { RedisBatchSourceError, type RedisBatchSourceErrorCode } from './errors.ts';
export {
  type DeadLetterStoreOptions,
  defaultPriorityWeights,
  defaultRedisBatchSourceOptions,
  type RedisBatchSourceOptions,
} from './options.ts';
export { createRedisBatchSource } from './redis-batch-source.ts';
export type { CameraStats, Lease, RedisBatchSource, SourceStats } from './types.ts';
