import { availableParallelism } from 'node:os';
import {
  type Defined,
  defined,
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  silentLogger,
} from '@trinetra/contracts';
import { z } from 'zod';
import { InferenceError } from './errors.ts';
import type { ByteInput, ModelDescription, ThreadEnd } from './types.ts';

export interface InferenceRuntimeOptions {
  /**
   * Inference threads, 1..64, each with every model; default 1. `auto`: as many as cores, 4 at most, of which one has the models
   * that run on a GPU: each further one would take as much of its memory again.
   */
  readonly threads?: number | 'auto' | undefined;
  /** Threads of one run, 1..256; default: as many as cores, shared among the inference threads. */
  readonly intraOpThreads?: number | undefined;
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

/** What one model may have otherwise than its runtime. */
export interface LoadModelOptions
  extends Pick<InferenceRuntimeOptions, 'intraOpThreads' | 'executionProviders' | 'requireProvider'> {
  /**
   * Of the runs that wait for a thread, those of the model with the highest number begin first; default 0. Give the models of
   * later stages more, so that what is begun is finished before more of it is begun.
   */
  readonly priority?: number;
  /** Whether to find out where its operators run, on other providers than the CPU's; default false. */
  readonly profile?: boolean;
  /**
   * Loads an ONNX model that takes float pictures as an equal one that takes bytes, uint8 `[n, h, w, 3]`: the cast, the division and
   * the order of the axes are done where the model runs, and a quarter of the memory is filled and moved. Engines stay as they are:
   * `info.byteInput` tells. A function is asked once the file is read. Default: as it is.
   */
  readonly byteInput?: ByteInput | ((model: ModelDescription) => ByteInput | undefined) | undefined;
}

type WithoutDefault = 'requireProvider' | 'engineCacheFolder' | 'onRestart' | 'onStuck' | 'onDeviceLost';

/** The options with the defaults. */
export type InferenceRuntimeValues = Defined<Required<Omit<InferenceRuntimeOptions, WithoutDefault>>> &
  Pick<InferenceRuntimeOptions, WithoutDefault>;

/** How many inference threads are meant. */
export const threadCount = (threads: number | 'auto'): number =>
  threads === 'auto' ? Math.min(4, availableParallelism()) : threads;

const hour = 3_600_000;
const schema = z
  .strictObject({
    threads: z
      .union([z.int().min(1).max(64), z.literal('auto')], 'expected a whole number in 1..64 or auto')
      .default(1),
    intraOpThreads: z.int().min(1).max(256).optional(),
    cpuNiceness: z.int().min(0).max(19).default(5),
    executionProviders: z.array(z.string().min(1)).min(1).default(['cpu']),
    requireProvider: z.string().min(1).optional(),
    deviceId: z.int().min(0).max(255).default(0),
    engineCacheFolder: z.string().min(1).optional(),
    runTimeoutMs: z.int().min(1).max(hour).default(10_000),
    lateTimeoutMs: z.int().min(1).max(hour).default(10_000),
    restartWaitMs: z.int().min(0).max(hour).default(10_000),
    abandonedTimeoutMs: z.int().min(1).max(hour).default(30_000),
    logger: z.custom<Logger>().default(silentLogger),
    onRestart: z.custom<(reason: ThreadEnd) => void>().optional(),
    onStuck: z.custom<(error: InferenceError) => void>().optional(),
    onDeviceLost: z.custom<(error: InferenceError) => void>().optional(),
  })
  .superRefine(({ executionProviders, requireProvider: wanted }, context) => {
    if (wanted === undefined || executionProviders.includes(wanted)) return;
    const message = `expected one of ${executionProviders.join(', ')} but received ${wanted}`;
    context.addIssue({ code: 'custom', path: ['requireProvider'], message });
  })
  .transform(({ intraOpThreads, ...values }) => {
    const cores = Math.floor(availableParallelism() / threadCount(values.threads));
    return { ...defined(values), intraOpThreads: intraOpThreads ?? Math.max(1, cores) };
  });

/** How options of this package are refused. */
export const refusing: ParseOptions = refuseWith(InferenceError);

/** @throws {InferenceError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseInferenceRuntimeOptions(given: InferenceRuntimeOptions): InferenceRuntimeValues {
  return parseOptions(schema, given, refusing);
}
