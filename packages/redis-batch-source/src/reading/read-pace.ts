/** Entries of the first read: nothing is known of the link yet. */
const firstEntries = 4;
/** What remains of the slowest entry with each read after it. */
const memory = 0.5;

/**
 * How many entries to ask for at once, so that their reply takes `targetMs` at most, whatever the link and the size of the
 * frames. A long reply is not lost, but all that waits behind it on the connection is late. Goes by the time that an entry
 * took lately; a slow one is forgotten within some reads.
 */
export class ReadPace {
  readonly #targetMs: number;
  #msPerEntry: number;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
    this.#msPerEntry = targetMs / firstEntries;
  }

  /** At least 1. */
  get most(): number {
    return Math.max(1, Math.floor(this.#targetMs / this.#msPerEntry));
  }

  /** `count` entries came after `ms`. */
  came(count: number, ms: number): void {
    if (count > 0) this.#msPerEntry = Math.max(ms / count, this.#msPerEntry * memory);
  }
}
