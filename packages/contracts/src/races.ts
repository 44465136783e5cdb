/** Waits `ms`, or until `signal` aborts. Leaves no timer and no listener behind. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const end = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    resolve();
  };
  const timer = setTimeout(end, ms);
  signal.addEventListener('abort', end, { once: true });
  return promise;
}

/** Resolves as `work` within `ms`, else with `late`. Swallows a later rejection. */
export async function within<T, L = null>(work: Promise<T>, ms: number, late: L = null as L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<L>();
  const timer = setTimeout(() => resolve(late), ms);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Settles as `work`, and ignores it after an abort.
 *
 * @throws the reason of `signal` once it aborts.
 */
export async function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  work.catch(() => undefined);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Settles as `work`, or resolves with `fallback` once `signal` aborts, and then ignores `work`. */
export async function orOnAbort<T, F>(work: Promise<T>, signal: AbortSignal, fallback: F): Promise<T | F> {
  return rejectOnAbort(work, signal).catch((error: unknown) => {
    if (signal.aborted && error === signal.reason) return fallback;
    throw error;
  });
}
