import type { DetectionEvent } from '@trinetra/contracts';
import type { WriteResult } from '../sink.ts';

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
  publish(events: readonly DetectionEvent[]): Promise<Delivery[]>;
  /** Events that wait, and the bytes of their JSON. */
  stats(): { readonly events: number; readonly bytes: number };
  /**
   * Tries for `limitMs` more, also what is published meanwhile; then ends what still waits, and what cannot be written later, as
   * `undelivered`. Resolves once nothing waits. Does not close the sink.
   */
  close(limitMs: number): Promise<void>;
}
