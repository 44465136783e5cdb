import { TrinetraError } from '@trinetra/contracts';
import type { RunObserver } from '@trinetra/inference-runtime';
import type { EngineObserver, LimitedLog } from './observer.ts';

export interface InferenceHealthOptions {
  /** Failures of one model in a row after which {@link InferenceHealth.check} says no. */
  readonly maxConsecutiveFailures: number;
  readonly observer: Pick<EngineObserver, 'inferenceFailed' | 'effectiveBatchSize'>;
  readonly limitedLog: LimitedLog;
}

/** How the runs of the models go: counted, logged without flooding. */
export interface InferenceHealth {
  observer(model: string): RunObserver;
  /** Not ok while a model has failed too often in a row; one run that passes makes it ok again. */
  check(): { ok: boolean; detail?: unknown };
}

/** A short reason for events and metrics. */
export function reasonOf(error: unknown): string {
  return TrinetraError.isInstance(error) ? error.code : 'error';
}

/** Starts with nothing wrong. */
export function createInferenceHealth(options: InferenceHealthOptions): InferenceHealth {
  const { maxConsecutiveFailures, observer, limitedLog } = options;
  const failing = new Map<string, { failures: number; reason: string }>();
  return {
    observer: (model) => ({
      succeeded: () => {
        failing.delete(model);
      },
      failed: (error, final) => {
        const reason = reasonOf(error);
        observer.inferenceFailed?.(model, reason);
        limitedLog.warn(
          `${model}:${reason}`,
          { model, reason, final, err: error },
          'a run of a model failed',
        );
        // A run whose items run again, in parts or in another thread, has not failed yet.
        if (final) failing.set(model, { failures: (failing.get(model)?.failures ?? 0) + 1, reason });
      },
      resized: (size) => {
        observer.effectiveBatchSize?.(model, size);
        limitedLog.info(`${model}:size`, { model, size }, 'items a run');
      },
    }),
    check: () => {
      const bad = [...failing].filter(([, { failures }]) => failures >= maxConsecutiveFailures);
      return bad.length === 0 ? { ok: true } : { ok: false, detail: Object.fromEntries(bad) };
    },
  };
}
