import { availableParallelism } from 'node:os';

/** Threads that decode, and threads that compute, as many as the worker has by default. */
export const threads: number = Math.min(4, availableParallelism());

/** Longest inference, ms: nobody waits for these as for those of a worker. */
export const runTimeoutMs = 120_000;
