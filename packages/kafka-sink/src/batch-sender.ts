import type { DetectionEvent } from '@trinetra/contracts';
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
import type { WriteFailure } from './sink.ts';
import type { TopicView } from './topic-view.ts';

/** Kafka's `NO_TIMESTAMP`. */
const noTimestamp = '-1';
/** Sequence numbers begin anew behind this. */
const largestSequence = 0x7fff_ffff;

/** An event on its way; `done` is told null where it was written. */
export interface Outgoing {
  readonly event: DetectionEvent;
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

/**
 * Sends batches to the leader of one partition, one at a time, and knows what may have arrived: that is sent again as it was, with the
 * same sequence numbers, so that the broker does not write it twice. So are events that come again after their batch was given up.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging
 */
export class BatchSender {
  readonly #partition: number;
  readonly #context: SenderContext;
  /** Events of a batch that was given up and may have arrived all the same. */
  #inDoubt: readonly DetectionEvent[] = [];
  #producer: ProducerId | null = null;
  /** One that must not be used again: what its numbers stand for is not known any more. */
  #spent: ProducerId | null = null;
  /** Of the next message. */
  #sequence = 0;
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
    const again = this.#inDoubt.flatMap((event) => queue.find((one) => one.event === event) ?? []);
    if (again.length === this.#inDoubt.length) return again;
    // Other messages under their numbers would be taken for them, and lost.
    this.#inDoubt = [];
    this.#dropProducer();
    return [];
  }

  /** @param options.isTrial Whether the last one failed: then it is tried once, not again and again. */
  async deliver(
    batch: readonly Outgoing[],
    { isTrial }: { readonly isTrial: boolean },
  ): Promise<WriteFailure | null> {
    const { settings, onClusterAway } = this.#context;
    const messages = batch.map(({ message }) => message);
    const state = { inDoubt: this.#inDoubt.length > 0, clusterIsAway: false };
    const failure = await retrying(
      async () => {
        let isSent = false;
        try {
          state.clusterIsAway = true;
          const leader = (await this.#layout()).leaders[this.#partition];
          state.clusterIsAway = false;
          if (leader === undefined || leader === null) throw leaderless();
          await this.#prepareProducer();
          await this.#context.lanes.use(leader, isTrial, (link) => {
            isSent = true;
            return this.#send(link, messages);
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
    const staysInDoubt = failure !== null && state.inDoubt && this.#producer !== null;
    this.#inDoubt = staysInDoubt ? batch.map(({ event }) => event) : [];
    if (failure === null) return null;
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

  async #prepareProducer(): Promise<void> {
    const { settings, producerId } = this.#context;
    if (this.#producer !== null || settings.acks === 0) return;
    this.#producer = await producerId(this.#spent);
    this.#sequence = 0;
  }

  #dropProducer(): void {
    this.#spent = this.#producer ?? this.#spent;
    this.#producer = null;
  }

  async #send(link: BrokerLink, messages: readonly Message[]): Promise<void> {
    const { onTimestamps } = this.#context;
    try {
      await this.#produce(link, messages);
      onTimestamps(false);
    } catch (error) {
      if (!refusesTimestamps(error)) throw error;
      onTimestamps(true);
      // A broker takes messages without a time whatever its clock says; it keeps them by the time at which it wrote them.
      await this.#produce(
        link,
        messages.map((message) => ({ ...message, timestamp: noTimestamp })),
      );
    }
  }

  async #produce(link: BrokerLink, messages: readonly Message[]): Promise<void> {
    const [producer, firstSequence] = [this.#producer, this.#sequence];
    try {
      await link.produce({ partition: this.#partition, messages, producer, firstSequence });
    } catch (error) {
      if (refusesProducer(error)) this.#dropProducer();
      if (!isDuplicate(error)) throw error;
    }
    this.#sequence = (this.#sequence + messages.length) & largestSequence;
  }
}
