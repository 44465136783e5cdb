import { availableParallelism } from 'node:os';
import type { Logger } from '@trinetra/contracts';
import { z } from 'zod';
import type { InferenceError } from './errors.ts';
import type { ThreadEnd } from './thread/thread-client.ts';

export interface InferenceRuntimeOptions {
  /** Threads of one run, 1..256; default: as many as this process has cores. */
  readonly intraOpThreads?: number;
  /**
   * Niceness of threads that run models on the CPU beyond that of the process, 0..19; default 5: with all cores busy the event loop,
   * which reads and publishes, gets its core first. Linux only.
   */
  readonly cpuNiceness?: number;
  /** ONNX Runtime's names, tried in order for every file of a model; default `['cpu']`. */
  readonly executionProviders?: readonly string[];
  /** The provider that every model has to run on, one of `executionProviders`; default: any of them. */
  readonly requireProvider?: string | undefined;
  /** Which GPU the providers cuda and tensorrt use, 0..255; default 0. */
  readonly deviceId?: number;
  /** Where engines are kept without their headers, for ONNX Runtime to read; default: nowhere, they are held in memory. */
  readonly engineCacheFolder?: string | undefined;
  /**
   * Longest time of a run, ms, 1..3,600,000; default 10,000. Loading a model and its first run in a thread may take 6
   * times as long. What takes longer fails; its thread takes nothing else meanwhile, and is used again once it ends.
   */
  readonly runTimeoutMs?: number;
  /**
   * How much longer it may take before its thread is given up and another takes its place, which loads every model again, ms,
   * 1..3,600,000; default 10,000.
   */
  readonly lateTimeoutMs?: number;
  /** Longest wait of a run for a thread that is started again, ms, 0..3,600,000; default 10,000. */
  readonly restartWaitMs?: number;
  /** Time in which a thread that was given up has to end, ms, 1..3,600,000; default 30,000. */
  readonly abandonedTimeoutMs?: number;
  readonly logger?: Logger;
  /** A thread has ended that nobody closed, and another will be started. */
  readonly onRestart?: (reason: ThreadEnd) => void;
  /**
   * A thread that was given up has not ended in time: it is stuck in native code, which nothing can interrupt, and keeps
   * its memory. `process.exit()` would wait for it: only a signal such as SIGKILL ends the process now.
   */
  readonly onStuck?: (error: InferenceError) => void;
  /** The GPU is lost to this process (a CUDA error that sticks): every later run fails, and only another process helps. */
  readonly onDeviceLost?: (error: InferenceError) => void;
}

/** The plain values of the options, with the defaults. */
export type InferenceRuntimeValues = Readonly<
  Required<Omit<InferenceRuntimeOptions, 'logger' | 'onRestart' | 'onStuck' | 'onDeviceLost'>>
>;

export const defaultInferenceRuntimeOptions: InferenceRuntimeValues = Object.freeze({
  intraOpThreads: availableParallelism(),
  cpuNiceness: 5,
  executionProviders: Object.freeze(['cpu']),
  requireProvider: undefined,
  deviceId: 0,
  engineCacheFolder: undefined,
  runTimeoutMs: 10_000,
  lateTimeoutMs: 10_000,
  restartWaitMs: 10_000,
  abandonedTimeoutMs: 30_000,
});

const hour = 3_600_000;
const schema = z.strictObject({
  intraOpThreads: z.int().min(1).max(256).optional(),
  cpuNiceness: z.int().min(0).max(19).optional(),
  executionProviders: z.array(z.string().min(1)).min(1).optional(),
  requireProvider: z.string().min(1).optional(),
  deviceId: z.int().min(0).max(255).optional(),
  engineCacheFolder: z.string().min(1).optional(),
  runTimeoutMs: z.int().min(1).max(hour).optional(),
  lateTimeoutMs: z.int().min(1).max(hour).optional(),
  restartWaitMs: z.int().min(0).max(hour).optional(),
  abandonedTimeoutMs: z.int().min(1).max(hour).optional(),
  logger: z.custom<Logger>().optional(),
  onRestart: z.custom<InferenceRuntimeOptions['onRestart']>().optional(),
  onStuck: z.custom<InferenceRuntimeOptions['onStuck']>().optional(),
  onDeviceLost: z.custom<InferenceRuntimeOptions['onDeviceLost']>().optional(),
});

/** @throws {RangeError} naming every option that is out of range. */
export function parseInferenceRuntimeOptions(options: InferenceRuntimeOptions): InferenceRuntimeValues {
  const result = schema.safeParse(options);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'options'}: ${message}`,
    );
    throw new RangeError(problems.join('; '));
  }
  const given = defaultInferenceRuntimeOptions;
  const {
    intraOpThreads = given.intraOpThreads,
    cpuNiceness = given.cpuNiceness,
    executionProviders = given.executionProviders,
    requireProvider,
    deviceId = given.deviceId,
    engineCacheFolder,
    runTimeoutMs = given.runTimeoutMs,
    lateTimeoutMs = given.lateTimeoutMs,
    restartWaitMs = given.restartWaitMs,
    abandonedTimeoutMs = given.abandonedTimeoutMs,
  } = options;
  if (requireProvider !== undefined && !executionProviders.includes(requireProvider)) {
    throw new RangeError(
      `requireProvider: expected one of ${executionProviders.join(', ')} but received ${requireProvider}`,
    );
  }
  return {
    intraOpThreads,
    cpuNiceness,
    executionProviders,
    requireProvider,
    deviceId,
    engineCacheFolder,
    runTimeoutMs,
    lateTimeoutMs,
    restartWaitMs,
    abandonedTimeoutMs,
  };
}
