import type { DetectionEvent } from '@trinetra/contracts';
import kafkajs from 'kafkajs';
import type { Outgoing } from './batch-sender.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { encodeMessage } from './encode-message.ts';
import { KafkaSinkError } from './errors.ts';
import { failureOf } from './kafka-failure.ts';
import { createBrokerLinks, type TopicLayout } from './kafka-wire.ts';
import { createLanes } from './lanes.ts';
import { registerLz4 } from './lz4.ts';
import { type KafkaSinkOptions, type KafkaSinkSettings, parseOptions } from './options.ts';
import { notTried, Partition, type PartitionContext } from './partition.ts';
import { rejectOnAbort, within } from './patience.ts';
import { createProducerIds } from './producer-ids.ts';
import { quietIdleQueues } from './quiet-idle-queue.ts';
import { retrying } from './retrying.ts';
import { type DetectionSink, hasAnswered, type WriteFailure, type WriteResult } from './sink.ts';
import { createTopicView } from './topic-view.ts';

const healthCacheMs = 2000;
/** How long the log waits for more partitions to fail, ms. */
const gatherMs = 200;

/**
 * Makes a sink that publishes each event as one message: key `camera_id`, value the event's JSON, headers
 * `content-type`, `schema_version` and `frame_id`. It connects at the first write, so the cluster may be away now.
 *
 * Each partition goes on by itself: one that takes no events holds up its own cameras and no other. Delivery is at least once: a try
 * that seemed to fail may have arrived, so consumers de-duplicate on `camera_id` and `frame_id`. With `acks: 0` only a lost connection
 * is noticed. Messages carry the time of this machine; where the broker refuses it, they are sent without one.
 *
 * @throws {@link KafkaSinkError} `invalid_options`.
 * @example
 * await using sink = await createKafkaSink({ brokers: ['localhost:9092'] });
 * const [result] = await sink.write([event]);
 */
export async function createKafkaSink(options: KafkaSinkOptions): Promise<DetectionSink> {
  const settings = parseOptions(options);
  quietIdleQueues();
  if (settings.compression === 'lz4') registerLz4();
  const sink = new KafkaSink(settings);
  return {
    write: (events, given) => sink.write(events, given),
    isHealthy: async () => (await sink.problem()) === null,
    problem: () => sink.problem(),
    close: () => sink.close(),
    [Symbol.asyncDispose]: () => sink.close(),
  };
}

class KafkaSink {
  readonly #settings: KafkaSinkSettings;
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
  #topicIsMissing = false;
  #clockIsRefused = false;
  /** Whether the log was told that events are not taken, or will be in a moment. */
  #told: 'no' | 'soon' | 'yes' = 'no';
  #closing: Promise<void> | undefined;

  constructor(settings: KafkaSinkSettings) {
    this.#settings = settings;
    const links = createBrokerLinks(settings);
    this.#links = links;
    this.#view = createTopicView(settings, links, (layout, before) => this.#onLayout(layout, before));
    this.#breaker = createCircuitBreaker({
      ...settings.breaker,
      probe: async () => hasAnswered(await this.#findTopic()),
      onChange: (state) => {
        if (state === 'closed') this.#failure = undefined;
        this.#tell();
      },
    });
    this.#context = {
      settings,
      view: this.#view,
      lanes: createLanes((address) => links.open(address, settings.requestTimeoutMs)),
      canReach: async (address) => (await links.open(address, settings.connectionTimeoutMs)).close(),
      producerId: createProducerIds(() => this.#view.newProducerId(), settings.logger),
      onTimestamps: (refused) => this.#noteTimestamps(refused),
      onIllness: () => this.#tell(),
      onClusterAway: (failure) => this.#fail(failure),
    };
  }

  async write(
    events: readonly DetectionEvent[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WriteResult[]> {
    if (this.#closing !== undefined) {
      throw new KafkaSinkError('closed', 'Expected an open sink for write() but it was closed');
    }
    signal?.throwIfAborted();
    const results = Promise.all(events.map((event) => this.#writeOne(event, signal)));
    return signal === undefined ? results : rejectOnAbort(results, signal);
  }

  async #writeOne(event: DetectionEvent, signal: AbortSignal | undefined): Promise<WriteResult> {
    // Not even encoded: while Kafka does not take them the same events come again and again.
    const refusal = this.#refusal(event.camera_id);
    if (refusal !== undefined) return notTried(refusal);
    const encoded = encodeMessage(event, this.#settings.maxMessageBytes);
    if ('ok' in encoded) return encoded;
    const { message, truncatedEmbeddings } = encoded;
    const { promise, resolve } = Promise.withResolvers<WriteFailure | null>();
    this.#assign({ event, message, abandoned: () => signal?.aborted === true, done: resolve });
    const failure = await promise;
    this.#noteTopic(failure);
    return failure ?? { ok: true, truncatedEmbeddings };
  }

  /** Why an event of this camera would fail at once. */
  #refusal(camera: string): WriteFailure | undefined {
    if (this.#breaker.state !== 'closed' && this.#failure !== undefined) return this.#failure;
    const layout = this.#view.layout();
    return layout === undefined ? undefined : this.#partition(camera, layout).refusal;
  }

  #assign(outgoing: Outgoing): void {
    const layout = this.#view.layout();
    if (layout === undefined || this.#assigning !== undefined) {
      this.#unassigned.push(outgoing);
      this.#assigning ??= this.#assignAll();
    } else {
      this.#view.keepFresh();
      this.#partition(outgoing.event.camera_id, layout).write(outgoing);
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
    if (failure === null) this.#breaker.recordSuccess();
    else this.#fail(failure);
    for (const outgoing of waiting) {
      if (failure !== null || layout === undefined) outgoing.done(failure);
      else this.#partition(outgoing.event.camera_id, layout).write(outgoing);
    }
  }

  /** Of all partitions at once. */
  #fail(failure: WriteFailure): void {
    if (hasAnswered(failure)) {
      this.#breaker.recordSuccess();
    } else {
      this.#failure = failure;
      this.#breaker.recordFailure();
    }
  }

  #partition(camera: string, { partitionMetadata }: TopicLayout): Partition {
    const message = { key: camera, value: null };
    const id = this.#partitionOf({ topic: this.#settings.topic, partitionMetadata, message });
    const known = this.#partitions.get(id);
    if (known !== undefined) return known;
    const partition = new Partition(id, this.#context);
    this.#partitions.set(id, partition);
    return partition;
  }

  #onLayout(layout: TopicLayout, before: TopicLayout | undefined): void {
    const [now, then] = [layout.leaders.length, before?.leaders.length ?? layout.leaders.length];
    if (now === then) return;
    const { topic, logger } = this.#settings;
    logger.warn(
      { topic, partitions: now, before: then },
      'the number of partitions has changed: cameras move to other partitions, and consumers may see a few of their events out of order',
    );
    for (const [id, partition] of this.#partitions) {
      if (id < now) continue;
      this.#partitions.delete(id);
      const message = `The topic has ${now} partitions now and no partition ${id}`;
      partition.giveUp({ ok: false, reason: 'unreachable', message });
    }
  }

  #noteTopic(failure: WriteFailure | null): void {
    const missing = failure?.reason === 'unknown_topic';
    if (missing === this.#topicIsMissing || !hasAnswered(failure)) return;
    this.#topicIsMissing = missing;
    this.#health = undefined;
    const { topic, logger } = this.#settings;
    if (missing) logger.warn({ topic }, 'the Kafka topic does not exist: events fail until it is created');
    else logger.info({ topic }, 'the Kafka topic takes events again');
  }

  #noteTimestamps(refused: boolean): void {
    if (refused === this.#clockIsRefused) return;
    this.#clockIsRefused = refused;
    const { topic, logger } = this.#settings;
    if (refused) {
      logger.warn(
        { topic, clock: new Date().toISOString() },
        'Kafka refuses the timestamps of this machine, whose clock is wrong: events are sent without them',
      );
    } else {
      logger.info({ topic }, 'Kafka takes the timestamps of this machine again');
    }
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

  /** Once for an outage, however many partitions it has; and once when it is over. */
  #tell(): void {
    this.#health = undefined;
    const illness = this.#illness();
    if (illness === null) {
      if (this.#told === 'yes') {
        const { topic, logger } = this.#settings;
        logger.info({ topic }, 'Kafka answers again: events are published');
      }
      this.#told = 'no';
    } else if (this.#told === 'no') {
      this.#told = 'soon';
      // The partitions of a broker fail within a moment of each other.
      const all = illness.partitions === undefined;
      if (all) this.#tellNow();
      else setTimeout(() => this.#tellNow(), gatherMs).unref();
    }
  }

  #tellNow(): void {
    const illness = this.#illness();
    if (this.#told !== 'soon' || illness === null) return;
    this.#told = 'yes';
    const { reason, message: error, partitions } = illness;
    const { topic, logger } = this.#settings;
    if (partitions === undefined) {
      logger.warn({ topic, reason, error }, 'Kafka takes no events: they fail at once until it answers');
    } else {
      logger.warn(
        { topic, partitions, reason, error },
        'some partitions of Kafka take no events: those of their cameras fail or wait until they do, the others go on',
      );
    }
  }

  async #findTopic(): Promise<WriteFailure | null> {
    const { connectionTimeoutMs } = this.#settings;
    const answer = this.#view.refresh().then(
      () => ({ failure: null }),
      (error: unknown) => ({ failure: failureOf(error) }),
    );
    const found = await within(answer, connectionTimeoutMs);
    if (found !== null) return found.failure;
    return { ok: false, reason: 'unreachable', message: `no answer within ${connectionTimeoutMs} ms` };
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
