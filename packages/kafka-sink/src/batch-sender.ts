import type { Message } from 'kafkajs';
import {
  isDuplicate,
  mayHaveArrived,
  onlyAWriteTells,
  refusesProducer,
  refusesTimestamps,
} from './kafka-failure.ts';
import {
  type Address,
  type BrokerLink,
  leaderless,
  type ProducerId,
  type TopicLayout,
} from './kafka-wire.ts';
import type { Lanes } from './lanes.ts';
import type { KafkaSinkSettings } from './options.ts';
import { retrying } from './retrying.ts';
import { isOwnFault, type WriteFailure } from './sink.ts';
import type { TopicView } from './topic-view.ts';

/** Batches in doubt that are remembered, at most: brokers know the last five of a producer. */
const mostDoubts = 5;
/** Kafka's `NO_TIMESTAMP`. */
const noTimestamp = '-1';
/** Sequence numbers begin anew behind this. */
const largestSequence = 0x7fff_ffff;

/** An event, or another message, on its way; `done` is told null where it was written. */
export interface Outgoing {
  readonly event: object;
  readonly key: string;
  readonly message: Message;
  readonly abandoned: () => boolean;
  readonly done: (failure: WriteFailure | null) => void;
}

/** What a sender needs of its sink. */
export interface SenderContext {
  readonly settings: KafkaSinkSettings;
  readonly view: TopicView;
  readonly lanes: Lanes;
  /** Resolves once a broker has answered. */
  readonly canReach: (address: Address) => Promise<void>;
  /** The id for producers, another one where it was spent. Null where the cluster gives none. */
  readonly producerId: (spent: ProducerId | null) => Promise<ProducerId | null>;
  /** Told that no broker can be asked for the partitions any more. */
  readonly onClusterAway: (failure: WriteFailure) => void;
  /** Told of each answer to timestamps: whether they were refused. */
  readonly onTimestamps: (refused: boolean) => void;
}

/** What a producer has sent to a partition: `next` is the number of its next message. */
interface Sequence {
  readonly producer: ProducerId;
  next: number;
}

/** Where a batch goes in it. */
interface Place {
  readonly sequence: Sequence;
  readonly first: number;
}

/** Events of a batch that was given up and may have arrived all the same. */
interface Doubt extends Place {
  readonly events: readonly object[];
}

/**
 * Sends batches to the leader of one partition, one at a time, and knows what may have arrived: that is sent again as it was, with the
 * same sequence numbers, so that the broker does not write it twice. So are events that come again after their batch was given up.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
 */
export class BatchSender {
  readonly #partition: number;
  readonly #context: SenderContext;
  #doubts: readonly Doubt[] = [];
  /** The batch that is sent again, while it is. */
  #recalled: Doubt | undefined;
  /** Undefined until a producer id is there; one whose numbers are in doubt is not gone on with. */
  #sequence: Sequence | undefined;
  /** A producer id that must not be taken again: what its numbers stand for is not known any more. */
  #spent: ProducerId | null = null;
  #failedAt: number | undefined;
  #onlyAWriteTells = false;

  constructor(partition: number, context: SenderContext) {
    this.#partition = partition;
    this.#context = context;
  }

  /** Whether only another batch can show that the last failure is over, and no connection that can be made. */
  get onlyAWriteTells(): boolean {
    return this.#onlyAWriteTells;
  }

  /** Those of `queue` that have to be sent first, and alone, as they may have arrived already. */
  recall(queue: readonly Outgoing[]): Outgoing[] {
    this.#recalled = undefined;
    for (const doubt of this.#doubts) {
      const again = doubt.events.flatMap((event) => queue.find((one) => one.event === event) ?? []);
      if (again.length === 0) continue; // they may still come
      if (again.length === doubt.events.length) {
        this.#recalled = doubt;
        return again;
      }
      this.#drop(doubt); // some were given up: the others may be written twice
    }
    // Other messages under numbers in doubt would be taken for those that have them, and lost.
    if (this.#doubts.some(({ sequence }) => sequence === this.#sequence)) this.#dropSequence();
    return [];
  }

  /** @param options.isTrial Whether the last one failed: then it is tried once, not again and again. */
  async deliver(
    batch: readonly Outgoing[],
    { isTrial }: { readonly isTrial: boolean },
  ): Promise<WriteFailure | null> {
    const { settings, onClusterAway } = this.#context;
    const messages = batch.map(({ message }) => message);
    const state = { inDoubt: this.#recalled !== undefined, clusterIsAway: false };
    const failure = await retrying(
      async () => {
        let isSent = false;
        try {
          state.clusterIsAway = true;
          const leader = (await this.#layout()).leaders[this.#partition];
          state.clusterIsAway = false;
          if (leader === undefined || leader === null) throw leaderless();
          const at = this.#recalled ?? (await this.#place());
          await this.#context.lanes.use(leader, isTrial, (link) => {
            isSent = true;
            return this.#send(link, messages, at);
          });
        } catch (error) {
          if (isSent && mayHaveArrived(error)) state.inDoubt = true;
          this.#failedAt = performance.now();
          this.#onlyAWriteTells = onlyAWriteTells(error);
          throw error;
        }
      },
      {
        ...settings,
        retries: isTrial ? 0 : settings.retries,
        what: `topic ${settings.topic}, partition ${this.#partition}`,
        abandoned: () => batch.every((one) => one.abandoned()),
      },
    );
    if (failure === null) {
      if (this.#recalled !== undefined) this.#forget(this.#recalled);
      return null;
    }
    if (this.#recalled === undefined) {
      if (state.inDoubt) this.#doubt(batch);
    } else if (isOwnFault(failure.reason)) {
      this.#drop(this.#recalled); // each message is sent by itself now
    }
    if (state.clusterIsAway) onClusterAway(failure);
    return failure;
  }

  /** As it is known, or asked for anew where the last try failed. */
  async #layout(): Promise<TopicLayout> {
    const { view } = this.#context;
    const [layout, failedAt] = [view.layout(), this.#failedAt];
    this.#failedAt = undefined;
    return layout !== undefined && failedAt === undefined ? layout : view.refresh(failedAt);
  }

  /** Where the next batch goes; undefined without a producer id. */
  async #place(): Promise<Place | undefined> {
    const { settings, producerId } = this.#context;
    if (this.#sequence === undefined && settings.acks !== 0) {
      const producer = await producerId(this.#spent);
      if (producer !== null) this.#sequence = { producer, next: 0 };
    }
    return this.#sequence === undefined
      ? undefined
      : { sequence: this.#sequence, first: this.#sequence.next };
  }

  #doubt(batch: readonly Outgoing[]): void {
    const sequence = this.#sequence;
    if (sequence === undefined) return; // nothing tells it from others
    const doubt = { events: batch.map(({ event }) => event), sequence, first: sequence.next };
    this.#doubts = [...this.#doubts, doubt].slice(-mostDoubts);
  }

  #forget(doubt: Doubt): void {
    this.#doubts = this.#doubts.filter((one) => one !== doubt);
    this.#recalled = undefined;
  }

  /** Forgets it, and what its numbers stand for. */
  #drop(doubt: Doubt): void {
    this.#forget(doubt);
    if (this.#sequence === doubt.sequence) this.#dropSequence();
  }

  #dropSequence(): void {
    this.#spent = this.#sequence?.producer ?? this.#spent;
    this.#sequence = undefined;
  }

  async #send(link: BrokerLink, messages: readonly Message[], at: Place | undefined): Promise<void> {
    const { onTimestamps } = this.#context;
    try {
      await this.#produce(link, messages, at);
      onTimestamps(false);
    } catch (error) {
      if (!refusesTimestamps(error)) throw error;
      onTimestamps(true);
      // A broker takes messages without a time whatever its clock says; it keeps them by the time at which it wrote them.
      await this.#produce(
        link,
        messages.map((message) => ({ ...message, timestamp: noTimestamp })),
        at,
      );
    }
  }

  async #produce(link: BrokerLink, messages: readonly Message[], at: Place | undefined): Promise<void> {
    const producer = at?.sequence.producer ?? null;
    const partition = this.#partition;
    try {
      await link.produce({ partition, messages, producer, firstSequence: at?.first ?? 0 });
    } catch (error) {
      if (refusesProducer(error)) this.#onRefusal(at);
      if (!isDuplicate(error)) throw error;
    }
    if (at !== undefined) at.sequence.next = (at.first + messages.length) & largestSequence;
  }

  /** The broker does not know the numbers, or has lost those before them. */
  #onRefusal(at: Place | undefined): void {
    this.#doubts = this.#doubts.filter(({ sequence }) => sequence !== at?.sequence);
    this.#recalled = undefined;
    if (this.#sequence === at?.sequence) this.#dropSequence();
  }
}
