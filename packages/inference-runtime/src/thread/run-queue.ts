import { rejectOnAbort } from '@trinetra/contracts';

/** Runs that a thread has at once: one at work, one that waits there, so that it need not wait for the event loop. */
const runsPerThread = 2;

/** A run that waits for one of some threads. */
interface Waiting<T> {
  readonly threads: readonly T[];
  readonly priority: number;
  take(thread: T): void;
}

/** Gives runs to threads: by priority, and first come first served. */
export class RunQueue<T extends { readonly up: boolean }> {
  readonly #waiting: Waiting<T>[] = [];
  /** Runs that each thread has. */
  readonly #runs = new Map<T, number>();

  #runsOf(thread: T): number {
    return this.#runs.get(thread) ?? 0;
  }

  /** Takes a thread with room: the one with the fewest runs, of those that are up where any is. */
  #tryTake(threads: readonly T[]): T | undefined {
    let best: T | undefined;
    for (const thread of threads) {
      if (best === undefined || (thread.up && !best.up)) best = thread;
      else if (thread.up === best.up && this.#runsOf(thread) < this.#runsOf(best)) best = thread;
    }
    if (best === undefined || this.#runsOf(best) >= runsPerThread) return undefined;
    this.#runs.set(best, this.#runsOf(best) + 1);
    return best;
  }

  /**
   * One of these threads: at once where one has room and nobody waits, else once one has. Give it back.
   *
   * @throws the reason of `signal` where it aborts meanwhile.
   */
  take(threads: readonly T[], priority: number, signal?: AbortSignal): T | Promise<T> {
    const free = this.#waiting.length === 0 ? this.#tryTake(threads) : undefined;
    if (free !== undefined) return free;
    const { promise, resolve } = Promise.withResolvers<T>();
    const behind = this.#waiting.findLastIndex((waiting) => waiting.priority >= priority);
    this.#waiting.splice(behind + 1, 0, { threads, priority, take: resolve });
    this.pump();
    if (signal === undefined) return promise;
    return rejectOnAbort(promise, signal).catch((error: unknown) => {
      void promise.then((thread) => this.giveBack(thread));
      throw error;
    });
  }

  giveBack(thread: T): void {
    this.#runs.set(thread, this.#runsOf(thread) - 1);
    this.pump();
  }

  /** Gives waiting runs to the threads that have room; one that waits for a busy thread lets others pass. */
  pump(): void {
    for (let at = 0; at < this.#waiting.length; ) {
      const waiting = this.#waiting[at];
      const thread = waiting === undefined ? undefined : this.#tryTake(waiting.threads);
      if (thread === undefined) at += 1;
      else this.#waiting.splice(at, 1)[0]?.take(thread);
    }
  }
}
