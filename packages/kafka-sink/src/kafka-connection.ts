import type { Logger } from '@trinetra/contracts';
import kafkajs, { type Admin, type LogEntry, type Message, type Producer, type SASLOptions } from 'kafkajs';
import { brokerOptions } from './broker-addresses.ts';
import { failureOf, refusesTimestamps } from './kafka-failure.ts';
import { registerLz4 } from './lz4.ts';
import type { KafkaSinkSettings } from './options.ts';
import { within } from './patience.ts';
import { quietIdleQueues } from './quiet-idle-queue.ts';
import type { WriteFailure } from './sink.ts';

const { CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs;
const compressionTypes = {
  lz4: CompressionTypes.LZ4,
  gzip: CompressionTypes.GZIP,
  none: CompressionTypes.None,
} as const;

/** Kafka's `NO_TIMESTAMP`. */
const noTimestamp = '-1';

/** A producer and an admin client that connect when they are needed, and are replaced when they break. */
export interface KafkaConnection {
  /** Tries once; where the broker refuses our timestamps, once more without. @throws errors of kafkajs; see {@link failureOf}. */
  send(messages: Message[]): Promise<void>;
  /** Asks the cluster for the topic; null where it has it. Waits at most `connectionTimeoutMs`. */
  findTopic(): Promise<WriteFailure | null>;
  close(): Promise<void>;
}

/**
 * Hands the lines of kafkajs on, at debug because it writes several for each try. Only the named fields: others may
 * hold answers of the broker.
 */
function forwardTo(logger: Logger): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, label, log }) => {
      const { message, broker, retryCount } = log;
      logger.debug({ component: 'kafkajs', namespace, level: label, broker, retryCount }, String(message));
    };
}

/** Prepares the clients; does no I/O. */
export function createKafkaConnection(settings: KafkaSinkSettings): KafkaConnection {
  const { topic, acks, connectionTimeoutMs, requestTimeoutMs, retryBackoffMs, ssl, sasl, logger } = settings;
  quietIdleQueues();
  if (settings.compression === 'lz4') registerLz4();
  const common = {
    ...brokerOptions(settings.brokers),
    clientId: settings.clientId,
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // The sink retries itself, so that it knows why. Here: once for each broker that may be asked first.
    retry: {
      retries: settings.brokers.length - 1,
      initialRetryTime: retryBackoffMs,
      maxRetryTime: connectionTimeoutMs,
    },
    logLevel: logLevel.WARN,
    logCreator: forwardTo(logger),
    ssl: typeof ssl === 'boolean' ? ssl : { ...ssl },
    // kafkajs wants to know the mechanism when it compiles; ours is known when it runs.
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
  };
  const kafka = new Kafka(common);
  // A question about health is asked again soon: one that hangs must not keep the cluster's return from being noticed.
  const asking = new Kafka({
    ...common,
    requestTimeout: connectionTimeoutMs,
    authenticationTimeout: connectionTimeoutMs,
  });

  let producer: Producer | undefined;
  let clockIsRefused = false;
  let admin: Admin | undefined;
  let finding: Promise<WriteFailure | null> | undefined;
  const leaving = new Set<Promise<void>>();

  /** Ends a client in the background: with requests under way that takes up to their timeout. */
  function release(client: Producer | Admin | undefined): void {
    if (client === undefined) return;
    const left = client
      .disconnect()
      .catch((error: unknown) =>
        logger.debug({ error: String(error) }, 'a Kafka client did not end cleanly'),
      );
    leaving.add(left);
    void left.then(() => leaving.delete(left));
  }

  /** A broker takes messages without a time whatever its clock says; it keeps them by the time at which it wrote them. */
  async function sendWithoutTime(current: Producer, messages: Message[]): Promise<void> {
    if (!clockIsRefused) {
      logger.warn(
        { topic, clock: new Date().toISOString() },
        'Kafka refuses the timestamps of this machine, whose clock is wrong: events are sent without them',
      );
    }
    clockIsRefused = true;
    await sendOnce(
      current,
      messages.map((message) => ({ ...message, timestamp: noTimestamp })),
    );
  }

  async function sendOnce(current: Producer, messages: Message[]): Promise<void> {
    await current.send({
      topic,
      messages,
      acks,
      timeout: requestTimeoutMs,
      compression: compressionTypes[settings.compression],
    });
  }

  async function send(messages: Message[]): Promise<void> {
    const current =
      producer ??
      kafka.producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        allowAutoTopicCreation: false,
        retry: { retries: 0 },
      });
    try {
      if (producer === undefined) await current.connect();
      producer = current;
      try {
        await sendOnce(current, messages);
        if (clockIsRefused) logger.info({ topic }, 'Kafka takes the timestamps of this machine again');
        clockIsRefused = false;
      } catch (error) {
        if (!refusesTimestamps(error)) throw error;
        await sendWithoutTime(current, messages);
      }
    } catch (error) {
      const { reason } = failureOf(error);
      if (producer === undefined || reason === 'unreachable' || reason === 'unknown') {
        // A connection that is cut without a word would stay in use and time out until the system gives it up.
        producer = undefined;
        release(current);
      }
      throw error;
    }
  }

  async function askForTopic(): Promise<WriteFailure | null> {
    const current = admin ?? asking.admin({ retry: { retries: 0 } });
    try {
      if (admin === undefined) await current.connect();
      admin = current;
      await current.fetchTopicMetadata({ topics: [topic] });
      return null;
    } catch (error) {
      const failure = failureOf(error);
      if (failure.reason !== 'unknown_topic') {
        admin = undefined;
        release(current);
      }
      return failure;
    }
  }

  async function findTopic(): Promise<WriteFailure | null> {
    finding ??= askForTopic().finally(() => {
      finding = undefined;
    });
    const answer = await within(
      finding.then((failure) => ({ failure })),
      connectionTimeoutMs,
    );
    if (answer !== null) return answer.failure;
    return { ok: false, reason: 'unreachable', message: `no answer within ${connectionTimeoutMs} ms` };
  }

  async function close(): Promise<void> {
    await finding;
    release(producer);
    release(admin);
    producer = undefined;
    admin = undefined;
    await Promise.all(leaving);
  }

  return { send, findTopic, close };
}
