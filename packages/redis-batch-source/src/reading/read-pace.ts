/** Entries of the first read: nothing is known of the link yet. */
const firstEntries = 4;
/** What remains of the slowest entry with each read after it. */
const memory = 0.5;
/** So many replies that are lost one after another are no coincidence. */
const lossesOfLimit = 2;
/** After so long without a loss, twice as much is tried, ms. */
const triesMoreAfterMs = 60_000;

/**
 * How many entries to ask for at once, so that their reply takes `targetMs` at most, whatever the link and the size of the
 * frames. A long reply is not lost, but all that waits behind it on the connection is late. Goes by the time that an entry
 * took lately; a slow one is forgotten within some reads.
 *
 * Where replies of that size end the connection, as a `client-output-buffer-limit` of Redis does, it asks for less.
 */
export class ReadPace {
  readonly #targetMs: number;
  #msPerEntry: number;
  #lostInARow = 0;
  #limit = Number.POSITIVE_INFINITY;
  #limitedAt = 0;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
    this.#msPerEntry = targetMs / firstEntries;
  }

  /** At least 1. */
  get most(): number {
    return Math.max(1, Math.floor(Math.min(this.#limit, this.#targetMs / this.#msPerEntry)));
  }

  /** Whether even single entries are lost. */
  get losesAll(): boolean {
    return this.#limit < 1;
  }

  /** `count` entries came after `ms`. */
  came(count: number, ms: number): void {
    this.#lostInARow = 0;
    if (count === 0) return;
    this.#msPerEntry = Math.max(ms / count, this.#msPerEntry * memory);
    if (performance.now() - this.#limitedAt > triesMoreAfterMs) this.#setLimit(this.#limit * 2);
  }

  /** The connection ended before the reply to a read of `asked` entries came. */
  lost(asked: number): void {
    this.#lostInARow += 1;
    if (this.#lostInARow >= lossesOfLimit) this.#setLimit(asked / 2);
  }

  #setLimit(entries: number): void {
    this.#limit = entries;
    this.#limitedAt = performance.now();
  }
}
