import { type CameraStats, cameraIdOf, type SourceStats } from '@trinetra/contracts';
import { type OwnOutcome, ownOutcomes } from './types.ts';

interface Account<Outcome extends string> {
  delivered: number;
  readonly outcomes: Record<Outcome | OwnOutcome, number>;
  inFlight: number;
  evicted: number;
  unread: number;
  /** Milliseconds since the epoch by `Date.now()`; 0: none; null: nothing tells it. */
  oldestUnreadAtMs: number | null;
  streamLength: number;
  gone: boolean;
}

/** Accounts of streams that are gone, at most. */
const maxGone = 1000;

/** The books of a source, by camera: `delivered = sum(outcomes) + inFlight` after every call. */
export class Ledger<Outcome extends string> {
  readonly #accounts = new Map<string, Account<Outcome>>();
  readonly #noOutcomes: Readonly<Record<Outcome | OwnOutcome, number>>;
  #inFlight = 0;
  #reclaimed = 0;

  /** @param outcomes How leases can end, beside {@link ownOutcomes}. */
  constructor(outcomes: readonly Outcome[]) {
    const zeros = [...outcomes, ...ownOutcomes].map((outcome) => [outcome, 0] as const);
    this.#noOutcomes = Object.fromEntries(zeros) as Record<Outcome | OwnOutcome, number>;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** An entry became a lease. */
  leased(streamKey: string, options: { readonly reclaimed?: boolean } = {}): void {
    const account = this.#of(streamKey);
    account.delivered += 1;
    account.inFlight += 1;
    account.gone = false;
    this.#inFlight += 1;
    if (options.reclaimed === true) this.#reclaimed += 1;
  }

  /** A lease got its outcome. */
  settled(streamKey: string, outcome: Outcome | OwnOutcome): void {
    const account = this.#of(streamKey);
    account.inFlight -= 1;
    account.outcomes[outcome] += 1;
    this.#inFlight -= 1;
    if (account.gone) this.#forgetOldest();
  }

  /** Entries that were taken over and ended in the same step. */
  endedAtOnce(streamKey: string, outcome: 'trimmed' | 'dead_lettered', count: number): void {
    const account = this.#of(streamKey);
    account.delivered += count;
    account.outcomes[outcome] += count;
    this.#reclaimed += count;
  }

  evicted(streamKey: string, count: number): void {
    this.#of(streamKey).evicted += count;
  }

  observed(
    streamKey: string,
    seen: Pick<Account<Outcome>, 'unread' | 'oldestUnreadAtMs' | 'streamLength'>,
  ): void {
    Object.assign(this.#of(streamKey), seen, { gone: false });
  }

  /** The stream is there no more. What was counted stays for a while, so that whoever asks from time to time sees the end of it. */
  streamIsGone(streamKey: string): void {
    const cameraId = cameraIdOf(streamKey);
    const account = this.#accounts.get(cameraId);
    if (account === undefined || account.gone) return;
    Object.assign(account, { unread: 0, oldestUnreadAtMs: 0, streamLength: 0, gone: true });
    // The order is that in which they went.
    this.#accounts.delete(cameraId);
    this.#accounts.set(cameraId, account);
    this.#forgetOldest();
  }

  stats(nowMs: number): Omit<SourceStats<Outcome | OwnOutcome>, 'unreadGroups'> {
    const cameras = new Map<string, CameraStats<Outcome | OwnOutcome>>();
    for (const [cameraId, account] of this.#accounts) {
      const { oldestUnreadAtMs, outcomes, ...counts } = account;
      const oldestUnreadAgeSeconds =
        oldestUnreadAtMs === 0 || oldestUnreadAtMs === null
          ? oldestUnreadAtMs
          : Math.max(0, nowMs - oldestUnreadAtMs) / 1000;
      cameras.set(cameraId, { ...counts, outcomes: { ...outcomes }, oldestUnreadAgeSeconds });
    }
    return { cameras, inFlight: this.#inFlight, reclaimed: this.#reclaimed };
  }

  /** An account with leases waits for their outcomes. */
  #forgetOldest(): void {
    const gone = [...this.#accounts].filter(([, account]) => account.gone);
    const settled = gone.filter(([, { inFlight }]) => inFlight === 0);
    for (const [cameraId] of settled.slice(0, Math.max(0, gone.length - maxGone)))
      this.#accounts.delete(cameraId);
  }

  #of(streamKey: string): Account<Outcome> {
    const cameraId = cameraIdOf(streamKey);
    const known = this.#accounts.get(cameraId);
    if (known !== undefined) return known;
    const account: Account<Outcome> = {
      delivered: 0,
      outcomes: { ...this.#noOutcomes },
      inFlight: 0,
      evicted: 0,
      unread: 0,
      oldestUnreadAtMs: 0,
      streamLength: 0,
      gone: false,
    };
    this.#accounts.set(cameraId, account);
    return account;
  }
}
