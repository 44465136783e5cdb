export { MicroBatchError } from './errors.ts';
export { microBatch } from './micro-batch.ts';
export type { MicroBatchOptions } from './options.ts';
export { drain, type StageOptions, stage } from './stage.ts';
