/** Entries handed out alone in a row, at most. */
export const isolatedPerTurn = 16;
/** How long a turn of isolated entries goes on, ms; and how long the turn of normal reading after it, at most. */
export const turnMs = 1000;

/** Options of {@link IsolationTurns}. */
export interface IsolationTurnsOptions {
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Whose turn it is: entries that have to run alone, or normal reading. Isolated entries come first, 16 or one second of
 * them; then normal reading has as long as these took, and one read at least. So thousands of isolated entries, which are
 * old, take half of the time from fresh ones, and all of it where there are no fresh ones.
 */
export class IsolationTurns {
  readonly #now: () => number;
  #startedAt: number | undefined;
  #taken = 0;
  #normalUntil = 0;
  #normalIsDue = false;

  constructor(options: IsolationTurnsOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether the next entry may be an isolated one; to be asked only while some wait. */
  mayIsolate(): boolean {
    const now = this.#now();
    if (this.#startedAt === undefined) return !this.#normalIsDue && now >= this.#normalUntil;
    const tookMs = now - this.#startedAt;
    if (this.#taken < isolatedPerTurn && tookMs < turnMs) return true;
    this.#startedAt = undefined;
    this.#normalIsDue = true;
    this.#normalUntil = now + Math.min(turnMs, tookMs);
    return false;
  }

  /** An entry was handed out to run alone. */
  isolated(): void {
    if (this.#startedAt === undefined) {
      this.#startedAt = this.#now();
      this.#taken = 0;
    }
    this.#taken += 1;
  }

  /** No entry waits to run alone any more. */
  nothingLeft(): void {
    this.#startedAt = undefined;
  }

  /** Normal reading went through all there is, and found something or not. */
  hasRead(found: boolean): void {
    this.#normalIsDue = false;
    if (!found) this.#normalUntil = 0;
  }
}
