import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import type { LoadModelsOptions } from './options.ts';

type OpenRuntimeOptions = Pick<LoadModelsOptions, 'runtime' | 'onBusyExit'> &
  Required<Pick<LoadModelsOptions, 'logger' | 'limitedLog' | 'observer'>>;

/** Starts the inference threads, and watches the exit of the process for as long as one may be in native code. */
export async function openRuntime(
  options: OpenRuntimeOptions,
): Promise<{ runtime: InferenceRuntime; close: () => Promise<void> }> {
  const { logger, limitedLog, observer, onBusyExit } = options;
  const runtime = await createInferenceRuntime({
    ...options.runtime,
    logger: {
      ...logger,
      // A fallback is told of each model, a thread that restarts again and again is not.
      warn: (fields, message) =>
        limitedLog.warn(`engine:${message}:${String(fields['requestedPath'] ?? '')}`, fields, message),
    },
    onRestart: (reason) => observer.engineRestarted?.(reason),
  });
  const onExit = (): void => {
    if (runtime.busyThreads > 0) onBusyExit?.();
  };
  process.once('exit', onExit);
  const close = async (): Promise<void> => {
    await runtime.close();
    if (runtime.busyThreads === 0) process.off('exit', onExit); // a thread that was given up may still be in native code
  };
  return { runtime, close };
}
