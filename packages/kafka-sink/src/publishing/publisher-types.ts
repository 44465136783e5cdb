import type { DetectionEventToWrite, Logger } from '@trinetra/contracts';
import type { DetectionSink, WriteResult } from '../sink.ts';

/**
 * What becomes of events that the sink cannot take now:
 * - `buffer`: they wait in memory, and their frames leave the work;
 * - `hold`: they wait in memory, and their frames stay in work, so that no more is read than there is room for;
 * - `drop`: they fail at once.
 */
export type FailurePolicy = 'buffer' | 'hold' | 'drop';

/** Options of `createPublisher`. */
export interface PublisherOptions {
  readonly sink: DetectionSink;
  /** Default `buffer`. */
  readonly failurePolicy?: FailurePolicy;
  /** Bound for the JSON of all events that wait. Default 64 MiB. */
  readonly maxBytes?: number;
  /** The events of a write that takes longer than this wait like the others, so that the caller goes on, ms. Default 500. */
  readonly stallMs?: number;
  /** Between two tries while the sink is away, ms. Default 250. */
  readonly retryDelayMs?: number;
  /** Events of a camera in one write of the way back. Default 32. */
  readonly maxBatchSize?: number;
  /** Told of each event that could not be published at once, once: the first try failed, or it waits behind such. */
  readonly onNotPublished?: () => void;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** Why an event that waited was given up: too many waited, or the publisher was closed before the sink came back. */
export type GiveUpReason = 'overflow' | 'undelivered';

/** What became of an event. */
export type PublishResult =
  | WriteResult
  | { readonly ok: false; readonly reason: GiveUpReason; readonly message: string };

/** What became of an event at once, or what will; `holds`: its frame is to stay in work until then, by the policy `hold`. */
export type Delivery =
  | { readonly waiting: false; readonly result: PublishResult }
  | { readonly waiting: true; readonly holds: boolean; readonly result: Promise<PublishResult> };

/** Publishes events; see `createPublisher`. */
export interface Publisher {
  /** Publishes events, each behind those of its camera that wait. Resolves once each is done with, or waits; calls may overlap. */
  publish(events: readonly DetectionEventToWrite[]): Promise<Delivery[]>;
  /** Events that wait, and the bytes of their JSON. */
  stats(): { readonly events: number; readonly bytes: number };
  /**
   * Tries for `limitMs` more, also what is published meanwhile; then ends what still waits, and what cannot be written later, as
   * `undelivered`. Resolves once nothing waits. Does not close the sink.
   */
  close(limitMs: number): Promise<void>;
}
