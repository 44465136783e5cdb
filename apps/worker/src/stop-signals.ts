import type { Logger } from '@trinetra/contracts';

/** How this process comes to its end. */
export interface Stop {
  /** Aborted once it stops. */
  readonly signal: AbortSignal;
  /** Stops, unless it does already; what is not finished in time stays pending. */
  begin(reason: Readonly<Record<string, unknown>>): void;
}

/**
 * Makes SIGTERM and SIGINT stop this process, and the second of them end it at once.
 *
 * @param limitMs Longest time that a stop may take before the process ends with what is left un-acked.
 */
export function stopOnSignals(logger: Logger, limitMs: number): Stop {
  const controller = new AbortController();
  const begin = (reason: Readonly<Record<string, unknown>>): void => {
    if (controller.signal.aborted) return;
    logger.info(reason, 'stopping: finishing what is in flight');
    controller.abort();
    setTimeout(() => {
      logger.error({ limitMs }, 'not finished in time: exiting, what is in flight stays pending');
      process.exit(1);
    }, limitMs).unref();
  };
  let signals = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) {
      logger.warn({ signal: name }, 'second signal: exiting at once, what is in flight stays pending');
      process.exit(1);
    }
    begin({ signal: name });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return { signal: controller.signal, begin };
}
