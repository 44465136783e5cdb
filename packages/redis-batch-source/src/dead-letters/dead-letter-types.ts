/** How a dead letter came to be. */
export interface LetterOrigin {
  /** The stream that it was an entry of, and its id there. */
  readonly streamKey: string;
  readonly entryId: string;
  /** `max_deliveries`. */
  readonly reason: string;
  readonly deliveryCount: number;
  /** The last one that took it up. */
  readonly consumer: string;
}

/** What is known of a dead letter without its fields. */
export interface DeadLetterInfo {
  readonly cameraId: string;
  /** Its id in the dead-letter stream. */
  readonly id: string;
  /** When it was moved there, milliseconds since the epoch, by the clock of Redis. */
  readonly deadAtMs: number;
  /** How it came there; undefined where something else than a source wrote it. */
  readonly origin?: LetterOrigin;
}

/** A dead letter with all that the entry held. */
export interface DeadLetter extends DeadLetterInfo {
  /** Flat: name, value, name, value, ...; as the entry was written. */
  readonly fields: readonly Buffer[];
}

/** Which dead letters of a camera: those with these ids, else all, or all that were given up before a time. */
export interface DeadLetterSelection {
  readonly ids?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly beforeMs?: number | undefined;
}

/** The dead letters of one camera, counted. */
export interface DeadLetterSummary {
  readonly cameraId: string;
  readonly count: number;
  /** When the first and the last of them were given up, milliseconds since the epoch. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** How many were given up for which reason; `unknown` where something else than a source wrote it. */
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * - `replayed`: `entryId` is its new id in `streamKey`, which holds `streamLength` entries now;
 * - `missing`: there is no such dead letter (any more);
 * - `foreign`: it does not say where it came from, or came from a stream that `streamPattern` does not name.
 */
export type ReplayResult =
  | {
      readonly outcome: 'replayed';
      readonly streamKey: string;
      readonly entryId: string;
      readonly streamLength: number;
    }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'foreign' };

/** What became of one of several; `replayable`: it would go to `streamKey`. */
export type SelectedReplay = { readonly id: string } & (
  | ReplayResult
  | { readonly outcome: 'replayable'; readonly streamKey: string }
);

/** Looks after the entries that a source gave up. */
export interface DeadLetterStore extends AsyncDisposable {
  /** Cameras that have dead letters, sorted. A hostile writer chooses such names: check them before they are shown. */
  cameras(): Promise<string[]>;
  /** The cameras that have dead letters, sorted, with what they have. */
  summaries(): Promise<DeadLetterSummary[]>;
  /** The dead letters of a camera, oldest first. What the entries hold stays in Redis. */
  list(cameraId: string): Promise<DeadLetterInfo[]>;
  /** One of them with its fields. */
  read(cameraId: string, id: string): Promise<DeadLetter | undefined>;
  /** Those of a selection that are there, and the ids of those that are not. */
  find(
    cameraId: string,
    selection: DeadLetterSelection,
  ): Promise<{ readonly letters: readonly DeadLetterInfo[]; readonly missing: readonly string[] }>;
  /**
   * Writes the entry back to the end of its stream with the fields it had, and removes it here, in one step. Live entries
   * are not trimmed for it; the next trim by their writer counts it as one of them.
   */
  replay(cameraId: string, id: string): Promise<ReplayResult>;
  /** Replays those of a selection one by one; first come the ids that are not there. `dryRun` changes nothing. */
  replayAll(
    cameraId: string,
    selection: DeadLetterSelection,
    options?: { readonly dryRun?: boolean | undefined },
  ): AsyncIterable<SelectedReplay>;
  /** Deletes dead letters for good; resolves to how many were there. */
  drop(cameraId: string, ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}
