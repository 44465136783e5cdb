import { randomUUID } from 'node:crypto';
import { errorText, orOnAbort, within } from '@trinetra/contracts';
import type { KafkaSettings } from '@trinetra/env-settings';
import { createKafkaClient } from '@trinetra/kafka-sink';
import kafkajs, { type Consumer, type EachBatchPayload, type Kafka } from 'kafkajs';
import { ViewerError } from './errors.ts';
import { createHandoff, type Handoff } from './handoff.ts';
import { kafkaConfig } from './kafka-settings.ts';
import type { RawEvent } from './received-event.ts';

export interface KafkaSourceOptions {
  readonly settings: KafkaSettings;
  /** Consumer group to commit positions in; undefined: none. */
  readonly group: string | undefined;
  /** Begins with the topic's first event, else with new ones. A group with positions resumes there. */
  readonly fromBeginning: boolean;
  /** Ends with what the topic has now. Not with a group: another member may hold the partition. */
  readonly untilEnd: boolean;
  readonly signal: AbortSignal;
  /** Called once the positions are known: events published from now on are read. */
  readonly onReady?: (() => void) | undefined;
}

/** Below the consumer's session timeout, so that a waiting reader stays a member. Ms. */
const heartbeatMs = 3000;

/** By partition, the next offset to read, and the one at which the topic ended. */
interface Position {
  next: bigint;
  readonly end: bigint;
}

/**
 * The events of the topic, in the order of each partition.
 *
 * Without a group it commits nothing. It joins a group with a unique name, because Kafka's consumers need one,
 * and keeps the positions itself. The broker forgets the group at the end.
 *
 * @throws {ViewerError} `unreadable` if the brokers cannot be reached, refuse, or have no such topic.
 */
export async function* kafkaSource(options: KafkaSourceOptions): AsyncGenerator<RawEvent> {
  const { settings, group, signal } = options;
  const kafka = createKafkaClient({
    ...(await kafkaConfig(settings)),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2000 },
  });
  const refuse = (error: unknown): never => {
    const where = `topic ${settings.KAFKA_TOPIC} at ${settings.KAFKA_BOOTSTRAP_SERVERS.join(',')}`;
    throw new ViewerError('unreadable', `cannot read ${where}: ${errorText(error)}`, { cause: error });
  };
  const positions = await orOnAbort(findPositions(kafka, options).catch(refuse), signal, undefined);
  if (positions === undefined) return;
  const isDone = (): boolean =>
    options.untilEnd && [...positions.values()].every(({ next, end }) => next >= end);
  if (isDone()) return;
  const handoff = createHandoff<RawEvent>();
  const onAbort = (): void => handoff.end();
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) handoff.end();
  const consumer = kafka.consumer({
    groupId: group ?? `trinetra-events-${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    // After an outage the group waits this long for our former member.
    sessionTimeout: 10_000,
  });
  try {
    // kafkajs retries temporary errors; other errors end the events.
    consumer.on(consumer.events.CRASH, ({ payload: { restart, error } }) => {
      if (restart) return;
      handoff.end(new ViewerError('unreadable', `Kafka: ${errorText(error)}`, { cause: error }));
    });
    if (group === undefined) seekOnJoin(consumer, settings.KAFKA_TOPIC, positions);
    else consumer.on(consumer.events.GROUP_JOIN, () => options.onReady?.());
    await consumer.connect();
    await consumer.subscribe({ topics: [settings.KAFKA_TOPIC], fromBeginning: options.fromBeginning });
    await consumer.run({
      autoCommit: group !== undefined,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        if (await giveBatch(payload, handoff, positions, options.untilEnd)) return;
        handoff.end();
      },
    });
    if (group === undefined) options.onReady?.();
    for await (const raw of handoff) {
      yield raw;
      if (isDone()) break;
    }
  } catch (error) {
    if (error instanceof ViewerError) throw error;
    refuse(error);
  } finally {
    signal.removeEventListener('abort', onAbort);
    handoff.end();
    await consumer.disconnect();
  }
}

/** Start and current end of each partition. */
async function findPositions(
  kafka: Kafka,
  { settings, fromBeginning }: KafkaSourceOptions,
): Promise<Map<number, Position>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(settings.KAFKA_TOPIC);
    return new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { next: BigInt(fromBeginning ? low : high), end: BigInt(high) },
      ]),
    );
  } finally {
    await admin.disconnect();
  }
}

/**
 * Seeks a consumer that commits nothing to its position whenever it joins its group: at the start, and after an
 * outage.
 */
function seekOnJoin(consumer: Consumer, topic: string, positions: ReadonlyMap<number, Position>): void {
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, { next }] of positions) consumer.seek({ topic, partition, offset: String(next) });
  });
}

/** Hands over the events of a batch, one by one; false if no more are wanted. */
async function giveBatch(
  { batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload,
  handoff: Handoff<RawEvent>,
  positions: ReadonlyMap<number, Position>,
  untilEnd: boolean,
): Promise<boolean> {
  const position = positions.get(batch.partition);
  for (const { offset, value } of batch.messages) {
    if (!isRunning() || isStale()) return true;
    if (untilEnd && position !== undefined && BigInt(offset) >= position.end) return true; // came after the start
    // Update the position first: the receiver of the event asks whether it was the last.
    if (position !== undefined) position.next = BigInt(offset) + 1n;
    const place = `partition ${batch.partition} offset ${offset}`;
    const given = handoff.give({ bytes: value ?? Buffer.alloc(0), place });
    if (!(await waitFor(given, heartbeat))) return false;
    resolveOffset(offset);
  }
  return true;
}

/** Waits for a slow reader, such as a stopped terminal, without losing the membership. */
async function waitFor(given: Promise<boolean>, heartbeat: () => Promise<void>): Promise<boolean> {
  for (;;) {
    const answer = await within(given, heartbeatMs);
    if (answer !== null) return answer;
    await heartbeat();
  }
}
