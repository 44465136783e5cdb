export { microBatch } from './micro-batch.ts';
export type { MicroBatchOptions } from './options.ts';
export { type PipelinedOptions, pipelined } from './pipelined.ts';
