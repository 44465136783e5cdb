import { BatchSender, type Outgoing, type SenderContext } from './batch-sender.ts';
import { type CircuitBreaker, createCircuitBreaker } from './circuit-breaker.ts';
import { failureOf } from './kafka-failure.ts';
import { hasAnswered, isOwnFault, type WriteFailure } from './sink.ts';

/** An illness of which no write has told for so long is forgotten, ms: nothing waits. */
const forgottenAfterMs = 10_000;

/** Events that have been tried for so long are worth a word, ms. */
const slowMs = 3000;

/** What a partition needs of its sink. */
export interface PartitionContext extends SenderContext {
  /** Told where it takes no events any more, or takes them again. */
  readonly onIllness: () => void;
}

export const notTried = ({ reason, message }: WriteFailure): WriteFailure => ({
  ok: false,
  reason,
  message: `Not tried, because of the last failure: ${message}`,
});

/** The way of events into one partition: in order, one request at a time, whatever happens to other partitions. */
export class Partition {
  readonly id: number;
  readonly #context: PartitionContext;
  readonly #breaker: CircuitBreaker;
  readonly #sender: BatchSender;
  readonly #queue: Outgoing[] = [];
  #running: Promise<void> | undefined;
  /** Whether the events that are tried now have been for long. */
  #isSlow = false;
  #failure: WriteFailure | undefined;
  #lastWriteAt = 0;

  constructor(id: number, context: PartitionContext) {
    this.id = id;
    this.#context = context;
    this.#sender = new BatchSender(id, context);
    this.#breaker = createCircuitBreaker({
      ...context.settings.breaker,
      probe: () => this.#probe(),
      onChange: (state) => {
        if (state === 'closed' && !this.#sender.onlyAWriteTells) this.#setFailure(undefined);
      },
    });
  }

  /** Why it takes no events, until it takes one; also where it only does not answer. */
  get failure(): WriteFailure | undefined {
    if (this.#failure === undefined && this.#isSlow) return this.#slowness();
    if (this.#sender.onlyAWriteTells && performance.now() - this.#lastWriteAt > forgottenAfterMs)
      return undefined;
    return this.#failure;
  }

  /** Somebody has an event for it: why it would fail at once. */
  refusal(): WriteFailure | undefined {
    this.#lastWriteAt = performance.now();
    return this.#breaker.state === 'closed' ? undefined : this.#failure;
  }

  write(outgoing: Outgoing): void {
    const refusal = this.refusal();
    if (refusal !== undefined) {
      outgoing.done(notTried(refusal));
      return;
    }
    this.#queue.push(outgoing);
    this.#running ??= this.#run();
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  stop(): void {
    this.#breaker.stop();
  }

  /** Ends what waits where the topic has no such partition any more. */
  giveUp(failure: WriteFailure): void {
    this.stop();
    this.#setFailure(undefined);
    for (const { done } of this.#queue.splice(0)) done(failure);
  }

  #setFailure(failure: WriteFailure | undefined): void {
    if (this.#failure === undefined && failure === undefined) return;
    this.#failure = failure;
    this.#context.onIllness();
  }

  #setSlow(isSlow: boolean): void {
    if (isSlow === this.#isSlow) return;
    this.#isSlow = isSlow;
    this.#context.onIllness();
  }

  #slowness(): WriteFailure {
    const { topic } = this.#context.settings;
    const message = `no answer for more than ${slowMs} ms (topic ${topic}, partition ${this.id})`;
    return { ok: false, reason: 'unreachable', message };
  }

  async #probe(): Promise<boolean> {
    const { view, canReach, onClusterAway, settings } = this.#context;
    const layout = await view
      .refresh(performance.now() - settings.breaker.probeIntervalMs)
      .catch((error: unknown) => {
        const failure = failureOf(error);
        if (!hasAnswered(failure)) onClusterAway(this.#failure ?? failure);
        throw error;
      });
    const leader = layout.leaders[this.id];
    if (leader === undefined || leader === null) return false;
    await canReach(leader);
    return true;
  }

  async #run(): Promise<void> {
    // What is written in the same tick leaves in the same request.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#take();
      if (batch.length === 0) continue;
      const slow = setTimeout(() => this.#setSlow(true), slowMs);
      const failures = await this.#deliverTogether(batch);
      clearTimeout(slow);
      this.#lastWriteAt = performance.now();
      this.#record(failures);
      this.#setSlow(false);
      for (const [index, { done }] of batch.entries()) done(failures[index] ?? null);
    }
    this.#running = undefined;
  }

  /** What leaves next, at most `maxMessageBytes` or one message: the limit of a broker is for what a request holds for a partition. */
  #take(): Outgoing[] {
    const again = this.#sender.recall(this.#queue);
    if (again.length > 0) {
      for (const one of again) this.#queue.splice(this.#queue.indexOf(one), 1);
      return again;
    }
    const batch: Outgoing[] = [];
    let bytes = 0;
    for (const one of this.#queue) {
      bytes += one.message.value?.length ?? 0;
      if (batch.length > 0 && bytes > this.#context.settings.maxMessageBytes) break;
      batch.push(one);
    }
    this.#queue.splice(0, batch.length);
    return batch.filter((one) => {
      const isWanted = !one.abandoned();
      if (!isWanted) one.done(null);
      return isWanted;
    });
  }

  #record(failures: readonly (WriteFailure | null)[]): void {
    const outage = failures.find((failure) => !hasAnswered(failure)) ?? failures.find(isUnknownTopic);
    if (outage === undefined || outage === null) {
      this.#breaker.recordSuccess();
      this.#setFailure(undefined);
      return;
    }
    if (hasAnswered(outage)) this.#breaker.recordSuccess();
    else this.#breaker.recordFailure();
    if (this.#breaker.state !== 'closed') this.#setFailure(outage);
    // Those behind it must not overtake it.
    for (const { done } of this.#queue.splice(0)) done(notTried(outage));
  }

  #deliver(batch: readonly Outgoing[]): Promise<WriteFailure | null> {
    return this.#sender.deliver(batch, { isTrial: this.#failure !== undefined });
  }

  /** One request for all; each its own only where the broker refused them for a fault of one of them. */
  async #deliverTogether(batch: readonly Outgoing[]): Promise<(WriteFailure | null)[]> {
    const together = await this.#deliver(batch);
    if (together === null || !isOwnFault(together.reason) || batch.length === 1) {
      return batch.map(() => together);
    }
    const failures: (WriteFailure | null)[] = [];
    for (const one of batch) {
      const before = failures.at(-1) ?? null;
      failures.push(hasAnswered(before) ? await this.#deliver([one]) : before);
    }
    return failures;
  }
}

const isUnknownTopic = (failure: WriteFailure | null): boolean => failure?.reason === 'unknown_topic';
