import { type DetectionEventToWrite, encodeDetectionEvent, rejectOnAbort, within } from '@trinetra/contracts';
import { KafkaSinkError } from './errors.ts';
import type { WriteFailure, WriteResult } from './sink.ts';

/** A job that takes longer than this is a sink that takes nothing, ms. */
const stalledMs = 2000;
/** How long a closing sink waits for such a job, ms. */
const closeMs = 1000;

/** Writes events as lines to what may stand still: a pipe that nobody reads, a disk that is gone. */
export class LineWriter {
  readonly #who: string;
  readonly #append: (bytes: Buffer) => Promise<WriteFailure | null>;
  #last: Promise<unknown> = Promise.resolve();
  /** When the job that is under way began. */
  #since: number | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param who Whom messages name: "the reader of standard output".
   * @param append Why the bytes were not taken; null where they were.
   */
  constructor(who: string, append: (bytes: Buffer) => Promise<WriteFailure | null>) {
    this.#who = who;
    this.#append = append;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * As `DetectionSink.write`. One line per event: the bytes of the Kafka message and a newline. An event that cannot be encoded has
   * none.
   */
  write(
    events: readonly DetectionEventToWrite[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WriteResult[]> {
    return this.run(async () => {
      const chunks: Buffer[] = [];
      const results = events.map((event): WriteResult => {
        try {
          const { bytes, truncatedEmbeddings } = encodeDetectionEvent(event);
          chunks.push(bytes, Buffer.from('\n'));
          return { ok: true, truncatedEmbeddings };
        } catch (error) {
          return { ok: false, reason: 'invalid', message: `The event cannot be encoded: ${String(error)}` };
        }
      });
      const failure = await this.#append(Buffer.concat(chunks));
      return failure === null ? results : results.map((result) => (result.ok ? failure : result));
    }, signal);
  }

  /**
   * Runs `job` after those before it.
   *
   * @throws what `job` throws; the reason of `signal`, at once; {@link KafkaSinkError} `closed` after `close()`.
   */
  async run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.isClosed)
      throw new KafkaSinkError('closed', 'Expected an open sink for write() but it was closed');
    signal?.throwIfAborted();
    const result = this.#last.then(async () => {
      signal?.throwIfAborted();
      this.#since = performance.now();
      try {
        return await job();
      } finally {
        this.#since = undefined;
      }
    });
    this.#last = result.catch(() => undefined);
    return signal === undefined ? result : rejectOnAbort(result, signal);
  }

  /** Why a job would not end now; null where none has stood still for long. */
  problem(): WriteFailure | null {
    const ms = this.#stoodMs();
    if (ms < stalledMs) return null;
    const message = `${this.#who} has taken nothing for ${Math.round(ms / 1000)} s`;
    return { ok: false, reason: 'unreachable', message };
  }

  /** Refuses further jobs, and runs those that wait, then `end`. Leaves what stands still. */
  close(end: () => unknown = () => undefined): Promise<void> {
    const limitMs = Math.max(closeMs, stalledMs - this.#stoodMs());
    this.#closing ??= within(this.#last.then(end), limitMs).then(() => undefined);
    return this.#closing;
  }

  #stoodMs(): number {
    return this.#since === undefined ? 0 : performance.now() - this.#since;
  }
}
