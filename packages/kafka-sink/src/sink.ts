import type { DetectionEventToWrite } from '@trinetra/contracts';

/**
 * - `unreachable`: no broker answers, or none can take the event now;
 * - `too_large`: the event is over the limit even without embeddings, or over the broker's own limit;
 * - `invalid`: the event cannot be encoded, or the broker's validation of records does not want it;
 * - `unknown_topic`: the topic does not exist;
 * - `refused`: credentials, an access rule, a policy, or the file system say no;
 * - `unknown`: anything else; `message` says what.
 *
 * `too_large` and `invalid` are the event's own fault; for any other reason a later try may go well.
 */
export type WriteFailureReason =
  | 'unreachable'
  | 'too_large'
  | 'invalid'
  | 'unknown_topic'
  | 'refused'
  | 'unknown';

/** Whether an event fails by itself, so that no later try is better. */
export function isOwnFault(reason: WriteFailureReason): boolean {
  return reason === 'too_large' || reason === 'invalid';
}

/** Whether whoever was asked is there: for the event's own fault, or a topic that is missing, somebody has answered. */
export function hasAnswered(failure: WriteFailure | null): boolean {
  return failure === null || isOwnFault(failure.reason) || failure.reason === 'unknown_topic';
}

/** Why an event was not written. */
export interface WriteFailure {
  readonly ok: false;
  readonly reason: WriteFailureReason;
  /** One sentence for people; holds no event, embedding or password. */
  readonly message: string;
  /** In answers of `problem()`: the partitions of Kafka that take no events, where it is not all of them. */
  readonly partitions?: readonly number[];
}

/** What became of one event. `truncatedEmbeddings` counts those left out to stay under the size limit; 0 for other messages. */
export type WriteResult = { readonly ok: true; readonly truncatedEmbeddings: number } | WriteFailure;

/** Takes messages; those of one key arrive in the order they were written. */
export interface MessageSink<Message extends object> extends AsyncDisposable {
  /**
   * Writes the messages; those of a key after its messages of earlier calls, whether these are done or not. Resolves with one result
   * per message, in their order, and never rejects because of a broker or a file. Where a message fails for another fault than its own,
   * those of its key that were written behind it fail, too. Give the same object again to have a message tried again.
   *
   * @param options.signal Gives up waiting, also between retries. A request already sent may still succeed.
   * @throws {@link KafkaSinkError} `closed` after `close()`; the reason of `signal`.
   */
  write(messages: readonly Message[], options?: { readonly signal?: AbortSignal }): Promise<WriteResult[]>;
  /** Whether a write would work now, as far as can be told within about a second. Never rejects. */
  isHealthy(): Promise<boolean>;
  /** Why a write would fail now, by the same knowledge as `isHealthy()`; null where it would work. Never rejects. */
  problem(): Promise<WriteFailure | null>;
  /** Finishes the writes under way, then lets go of what the sink opened. Idempotent. */
  close(): Promise<void>;
}

/** Takes detection events, whose key is their camera. */
export type DetectionSink = MessageSink<DetectionEventToWrite>;
