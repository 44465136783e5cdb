import { rejectOnAbort, within } from '@trinetra/contracts';
import kafkajs from 'kafkajs';
import type { Outgoing } from './batch-sender.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { KafkaSinkError } from './errors.ts';
import { failureOf } from './kafka-failure.ts';
import { createBrokerLinks, type TopicLayout } from './kafka-wire.ts';
import { createLanes } from './lanes.ts';
import type { Format } from './message-format.ts';
import type { KafkaSinkSettings } from './options.ts';
import { OutageLog } from './outage-log.ts';
import { notTried, Partition, type PartitionContext } from './partition.ts';
import { createProducerIds } from './producer-ids.ts';
import { retrying } from './retrying.ts';
import { hasAnswered, type MessageSink, type WriteFailure, type WriteResult } from './sink.ts';
import { createTopicView } from './topic-view.ts';

const healthCacheMs = 2000;

/** Spreads messages over the partitions of a topic by their keys; each partition goes on by itself. */
export class PartitionedSink<Message extends object> implements MessageSink<Message> {
  readonly #settings: KafkaSinkSettings;
  readonly #format: Format<Message>;
  readonly #links;
  readonly #view;
  readonly #context: PartitionContext;
  readonly #partitionOf = kafkajs.Partitioners.DefaultPartitioner();
  readonly #partitions = new Map<number, Partition>();
  /** Events that came before any broker had said which partitions there are. */
  #unassigned: Outgoing[] = [];
  #assigning: Promise<void> | undefined;
  /** Of the cluster as a whole, while its partitions are not known. */
  readonly #breaker;
  #failure: WriteFailure | undefined;
  #health: { readonly at: number; readonly answer: Promise<WriteFailure | null> } | undefined;
  #partitionCount: number | undefined;
  readonly #log;
  #closing: Promise<void> | undefined;

  constructor(settings: KafkaSinkSettings, format: Format<Message>) {
    this.#settings = settings;
    this.#format = format;
    this.#log = new OutageLog(settings, () => this.#illness());
    const links = createBrokerLinks(settings);
    this.#links = links;
    this.#view = createTopicView(settings, links, ({ leaders }) => this.#onPartitions(leaders.length));
    this.#breaker = createCircuitBreaker({
      ...settings.breaker,
      probe: async () => hasAnswered(await this.#findTopic()),
      onChange: (state) => {
        if (state === 'closed') this.#failure = undefined;
        this.#onIllness();
      },
    });
    this.#context = {
      settings,
      view: this.#view,
      lanes: createLanes((address) => links.open(address, settings.requestTimeoutMs)),
      canReach: async (address) => (await links.open(address, settings.connectionTimeoutMs)).close(),
      producerId: createProducerIds(() => this.#view.newProducerId(), settings.logger),
      onTimestamps: (refused) => this.#log.timestamps(refused),
      onIllness: () => this.#onIllness(),
      onClusterAway: (failure) => this.#record(failure),
    };
  }

  async write(
    messages: readonly Message[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WriteResult[]> {
    if (this.#closing !== undefined) {
      throw new KafkaSinkError('closed', 'Expected an open sink for write() but it was closed');
    }
    signal?.throwIfAborted();
    const results = Promise.all(messages.map((message) => this.#writeOne(message, signal)));
    return signal === undefined ? results : rejectOnAbort(results, signal);
  }

  async #writeOne(event: Message, signal: AbortSignal | undefined): Promise<WriteResult> {
    const key = this.#format.keyOf(event);
    if (typeof key === 'object') return key;
    // Not even encoded: while Kafka does not take them the same events come again and again.
    const refusal = this.#refusal(key);
    if (refusal !== undefined) return notTried(refusal);
    const encoded = this.#format.encode(event, key);
    if ('ok' in encoded) return encoded;
    const { message, truncatedEmbeddings } = encoded;
    const { promise, resolve } = Promise.withResolvers<WriteFailure | null>();
    this.#assign({ event, key, message, abandoned: () => signal?.aborted === true, done: resolve });
    const failure = await promise;
    if (hasAnswered(failure) && this.#log.topic(failure?.reason === 'unknown_topic'))
      this.#health = undefined;
    return failure ?? { ok: true, truncatedEmbeddings };
  }

  /** Why a message of this key would fail at once. */
  #refusal(key: string): WriteFailure | undefined {
    if (this.#breaker.state !== 'closed' && this.#failure !== undefined) return this.#failure;
    const layout = this.#view.layout();
    return layout === undefined ? undefined : this.#partition(key, layout).refusal();
  }

  #assign(outgoing: Outgoing): void {
    const layout = this.#view.layout();
    if (layout === undefined || this.#assigning !== undefined) {
      this.#unassigned.push(outgoing);
      this.#assigning ??= this.#assignAll();
    } else {
      this.#view.keepFresh();
      this.#partition(outgoing.key, layout).write(outgoing);
    }
  }

  async #assignAll(): Promise<void> {
    const { topic } = this.#settings;
    const failure = await retrying(async () => void (await this.#view.refresh()), {
      ...this.#settings,
      what: `topic ${topic}`,
      abandoned: () => this.#unassigned.every((one) => one.abandoned()),
    });
    const waiting = this.#unassigned;
    this.#unassigned = [];
    this.#assigning = undefined;
    const layout = this.#view.layout();
    this.#record(failure);
    for (const outgoing of waiting) {
      if (failure !== null || layout === undefined) outgoing.done(failure);
      else this.#partition(outgoing.key, layout).write(outgoing);
    }
  }

  /** What became of all partitions at once. */
  #record(failure: WriteFailure | null): void {
    if (failure === null || hasAnswered(failure)) {
      this.#failure = undefined;
      this.#breaker.recordSuccess();
    } else {
      this.#failure = failure;
      this.#breaker.recordFailure();
    }
  }

  #partition(key: string, { partitionMetadata }: TopicLayout): Partition {
    const message = { key, value: null };
    const id = this.#partitionOf({ topic: this.#settings.topic, partitionMetadata, message });
    const known = this.#partitions.get(id);
    if (known !== undefined) return known;
    const partition = new Partition(id, this.#context);
    this.#partitions.set(id, partition);
    return partition;
  }

  #onPartitions(count: number): void {
    this.#log.partitions(count, this.#partitionCount);
    this.#partitionCount = count;
    for (const [id, partition] of this.#partitions) {
      if (id < count) continue;
      this.#partitions.delete(id);
      const message = `The topic has ${count} partitions now and no partition ${id}`;
      partition.giveUp({ ok: false, reason: 'unreachable', message });
    }
  }

  #onIllness(): void {
    this.#health = undefined;
    this.#log.illness();
  }

  /** Why events are not taken, and of which partitions where it is not all. */
  #illness(): WriteFailure | null {
    if (this.#failure !== undefined) return this.#failure;
    const ill = [...this.#partitions.values()].filter(({ failure }) => failure !== undefined);
    const failure = ill[0]?.failure;
    if (failure === undefined) return null;
    if (ill.length === this.#view.layout()?.leaders.length) return failure;
    return { ...failure, partitions: ill.map(({ id }) => id).toSorted((a, b) => a - b) };
  }

  async #findTopic(): Promise<WriteFailure | null> {
    const { connectionTimeoutMs } = this.#settings;
    const answer = this.#view.refresh().then(() => null, failureOf);
    const message = `no answer within ${connectionTimeoutMs} ms`;
    return within(answer, connectionTimeoutMs, { ok: false, reason: 'unreachable', message });
  }

  async isHealthy(): Promise<boolean> {
    return (await this.problem()) === null;
  }

  async problem(): Promise<WriteFailure | null> {
    if (this.#closing !== undefined) return { ok: false, reason: 'refused', message: 'The sink is closed' };
    const illness = this.#illness();
    if (illness !== null) return illness;
    const now = performance.now();
    if (this.#health === undefined || now - this.#health.at > healthCacheMs) {
      this.#health = { at: now, answer: this.#findTopic() };
    }
    return this.#health.answer;
  }

  close(): Promise<void> {
    // What a broker does not answer would keep the process for as long as a request may take.
    this.#closing ??= within(this.#finish(), this.#settings.closeTimeoutMs).then(() => this.#stop());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #finish(): Promise<void> {
    await this.#assigning;
    await Promise.all([...this.#partitions.values()].map((partition) => partition.idle()));
    this.#stop();
    await this.#links.ended();
  }

  #stop(): void {
    this.#breaker.stop();
    for (const partition of this.#partitions.values()) partition.stop();
    this.#context.lanes.close();
    this.#view.close();
  }
}
