/** - `closed`: calls pass; `open`: calls fail at once; `half_open`: likewise, while a probe asks whether to close. */
type CircuitState = 'closed' | 'open' | 'half_open';

/** What a breaker needs. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it, from 1. */
  readonly failureThreshold: number;
  /** Wait before each probe, from the end of the one before, ms. */
  readonly probeIntervalMs: number;
  /** Whether calls would work again. A rejection counts as no. */
  readonly probe: () => Promise<boolean>;
  /** Called when it opens and when it closes again, not for the probes between. */
  readonly onChange?: (state: 'open' | 'closed') => void;
}

/** Keeps callers from waiting for something that is known to be away. */
export interface CircuitBreaker {
  readonly state: CircuitState;
  recordSuccess(): void;
  recordFailure(): void;
  /** Ends the probing; the state stays. */
  stop(): void;
}

/**
 * Makes a closed breaker. Once open it probes by itself, one probe at a time, so that recovery needs no caller to
 * be sacrificed. After a successful probe a single failure opens it again.
 *
 * @see https://martinfowler.com/bliki/CircuitBreaker.html
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failureThreshold, probeIntervalMs, onChange } = options;
  let state: CircuitState = 'closed';
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  function wait(): void {
    if (stopped) return;
    state = 'open';
    // A process with nothing else to do may end.
    timer = setTimeout(() => void probe(), probeIntervalMs).unref();
  }

  async function probe(): Promise<void> {
    state = 'half_open';
    const works = await options.probe().catch(() => false);
    // A call begun before the breaker opened may have closed it meanwhile.
    if (stopped || state !== 'half_open') return;
    if (!works) return wait();
    close(failureThreshold - 1);
  }

  function close(remembered: number): void {
    clearTimeout(timer);
    failures = remembered;
    if (state === 'closed') return;
    state = 'closed';
    onChange?.('closed');
  }

  return {
    get state() {
      return state;
    },
    recordSuccess: () => close(0),
    recordFailure: () => {
      failures += 1;
      if (state !== 'closed' || failures < failureThreshold) return;
      wait();
      onChange?.('open');
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
