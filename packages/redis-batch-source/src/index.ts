export { RedisBatchSourceError, type RedisBatchSourceErrorCode } from './errors.ts';
export {
  defaultPriorityWeights,
  defaultRedisBatchSourceOptions,
  type RedisBatchSourceOptions,
} from './options.ts';
export { createRedisBatchSource } from './redis-batch-source.ts';
export type { CameraStats, Lease, RedisBatchSource, SourceStats } from './types.ts';
