import { setTimeout as delay } from 'node:timers/promises';
import type { DetectionEvent } from '@trinetra/contracts';
import type { Message } from 'kafkajs';
import { createCircuitBreaker } from './circuit-breaker.ts';
import { encodeMessage } from './encode-message.ts';
import { createKafkaConnection } from './kafka-connection.ts';
import { failureOf, isAnswer } from './kafka-failure.ts';
import { type KafkaSinkOptions, type KafkaSinkSettings, parseOptions } from './options.ts';
import { within } from './patience.ts';
import { createSerialQueue } from './serial-queue.ts';
import {
  type DetectionSink,
  isOwnFault,
  type WriteFailure,
  type WriteFailureReason,
  type WriteResult,
} from './sink.ts';

const healthCacheMs = 2000;
const maxBackoffMs = 30_000;

/** A broker that said this is there. */
const hasAnswered = (failure: WriteFailure | null): boolean =>
  failure === null || isOwnFault(failure.reason) || failure.reason === 'unknown_topic';

/** Runs of messages in order, each of at most `maxBytes` or of one message. */
function partsOf(messages: readonly Message[], maxBytes: number): Message[][] {
  const parts: Message[][] = [];
  let room = 0;
  for (const message of messages) {
    const bytes = message.value?.length ?? 0;
    const last = parts.at(-1);
    if (last === undefined || bytes > room) {
      parts.push([message]);
      room = maxBytes - bytes;
    } else {
      last.push(message);
      room -= bytes;
    }
  }
  return parts;
}

function retriesFor(reason: WriteFailureReason, retries: number): number {
  if (reason === 'unreachable' || reason === 'unknown') return retries;
  // A cluster that has just started may not know its topics for a moment: one retry is enough for that.
  return reason === 'unknown_topic' ? Math.min(1, retries) : 0;
}

/**
 * Makes a sink that publishes each event as one message: key `camera_id`, value the event's JSON, headers
 * `content-type`, `schema_version` and `frame_id`. It connects at the first write, so the cluster may be away now.
 *
 * Delivery is at least once: a try that seemed to fail may have arrived, so consumers de-duplicate on `camera_id`
 * and `frame_id`. With `acks: 0` only a lost connection is noticed. Messages carry the time of this machine; where the
 * broker refuses it, they are sent without one.
 *
 * @throws {@link KafkaSinkError} `invalid_options`.
 * @example
 * await using sink = await createKafkaSink({ brokers: ['localhost:9092'] });
 * const [result] = await sink.write([event]);
 */
export async function createKafkaSink(options: KafkaSinkOptions): Promise<DetectionSink> {
  return startKafkaSink(parseOptions(options));
}

function startKafkaSink(settings: KafkaSinkSettings): DetectionSink {
  const { topic, retries, retryBackoffMs, requestTimeoutMs, maxMessageBytes, logger } = settings;
  const connection = createKafkaConnection(settings);
  const queue = createSerialQueue();
  let lastFailure: WriteFailure = { ok: false, reason: 'unreachable', message: '' };
  let health: { readonly at: number; readonly answer: Promise<WriteFailure | null> } | undefined;
  /** Whether finding the topic can show that `lastFailure` is over; what a broker answered to a write only another write can. */
  let probeTells = true;
  /** The failure that the log was told of last; null: that all is well. */
  let told: WriteFailure | null = null;
  let topicIsMissing = false;
  let closing: Promise<void> | undefined;

  const breaker = createCircuitBreaker({
    ...settings.breaker,
    probe: async () => hasAnswered(await connection.findTopic()),
    onChange: (state) => {
      health = undefined;
      const { reason, message } = lastFailure;
      if (state === 'closed') {
        if (probeTells) tellRecovery();
        return;
      }
      if (told?.reason === reason) return;
      told = lastFailure;
      logger.warn(
        { topic, reason, error: message },
        'Kafka takes no events: they fail at once until it answers',
      );
    },
  });

  function tellRecovery(): void {
    if (told !== null) logger.info({ topic }, 'Kafka answers again: events are published');
    told = null;
  }

  async function deliver(messages: Message[], signal: AbortSignal | undefined): Promise<WriteFailure | null> {
    const startedAt = performance.now();
    for (let tries = 1; ; tries += 1) {
      try {
        await connection.send(messages);
        return null;
      } catch (error) {
        const failure = failureOf(error);
        probeTells = failure.reason !== 'unknown' && !isAnswer(error);
        if (tries > retriesFor(failure.reason, retries) || performance.now() - startedAt > requestTimeoutMs) {
          return { ...failure, message: `${failure.message} (topic ${topic}, tries: ${tries})` };
        }
      }
      // Up to a fifth more, so that the workers of a site do not come back all at once.
      const backoffMs = Math.min(maxBackoffMs, retryBackoffMs * 2 ** (tries - 1));
      await delay(backoffMs * (1 + Math.random() / 5), undefined, signal === undefined ? {} : { signal });
    }
  }

  /** One produce request for all; each its own only where the broker refused them for a fault of one of them. */
  async function deliverTogether(
    messages: Message[],
    signal: AbortSignal | undefined,
  ): Promise<(WriteFailure | null)[]> {
    const together = await deliver(messages, signal);
    if (together === null || !isOwnFault(together.reason) || messages.length === 1) {
      return messages.map(() => together);
    }
    const failures: (WriteFailure | null)[] = [];
    for (const message of messages) {
      const before = failures.at(-1) ?? null;
      failures.push(hasAnswered(before) ? await deliver([message], signal) : before);
    }
    return failures;
  }

  /** In requests of at most `maxMessageBytes`: the limit of a broker is for what a request holds for a partition. */
  async function deliverAll(
    messages: Message[],
    signal: AbortSignal | undefined,
  ): Promise<(WriteFailure | null)[]> {
    const failures: (WriteFailure | null)[] = [];
    for (const part of partsOf(messages, maxMessageBytes)) {
      const before = failures.at(-1) ?? null;
      const blocked = !hasAnswered(before) || before?.reason === 'unknown_topic';
      failures.push(...(blocked ? part.map(() => before) : await deliverTogether(part, signal)));
    }
    return failures;
  }

  function record(failures: readonly (WriteFailure | null)[]): void {
    const missing = failures.some((failure) => failure?.reason === 'unknown_topic');
    if (missing !== topicIsMissing) {
      topicIsMissing = missing;
      health = undefined;
      if (missing) logger.warn({ topic }, 'the Kafka topic does not exist: events fail until it is created');
      else logger.info({ topic }, 'the Kafka topic takes events again');
    }
    const outage = failures.find((failure) => !hasAnswered(failure)) ?? null;
    if (outage === null) {
      breaker.recordSuccess();
      tellRecovery();
    } else {
      lastFailure = outage;
      breaker.recordFailure();
    }
  }

  /** The failure of every write while the breaker is open. */
  function notTried(): WriteFailure | null {
    if (breaker.state === 'closed') return null;
    const { reason, message } = lastFailure;
    return {
      ok: false,
      reason,
      message: `Not tried, because of the last failure: ${message}`,
    };
  }

  async function publish(
    messages: Message[],
    signal: AbortSignal | undefined,
  ): Promise<(WriteFailure | null)[]> {
    if (messages.length === 0) return [];
    const failures = await deliverAll(messages, signal);
    record(failures);
    return failures;
  }

  async function write(
    events: readonly DetectionEvent[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WriteResult[]> {
    return queue.run(async () => {
      const failure = notTried();
      // Not even encoded: while the cluster is away the same events come again and again.
      if (failure !== null) return events.map(() => failure);
      const encoded = events.map((event) => encodeMessage(event, maxMessageBytes));
      const messages = encoded.flatMap((one) => ('ok' in one ? [] : [one.message]));
      const failures = (await publish(messages, signal)).values();
      return encoded.map((one): WriteResult => {
        if ('ok' in one) return one;
        return failures.next().value ?? { ok: true, truncatedEmbeddings: one.truncatedEmbeddings };
      });
    }, signal);
  }

  async function problem(): Promise<WriteFailure | null> {
    if (closing !== undefined) return { ok: false, reason: 'refused', message: 'The sink is closed' };
    if (breaker.state !== 'closed' || told !== null) return lastFailure;
    const now = performance.now();
    if (health === undefined || now - health.at > healthCacheMs) {
      health = { at: now, answer: connection.findTopic() };
    }
    return health.answer;
  }

  async function finish(): Promise<void> {
    await queue.close();
    breaker.stop();
    await connection.close();
  }

  function close(): Promise<void> {
    // What a broker does not answer would keep the process for as long as a request may take.
    closing ??= within(finish(), settings.closeTimeoutMs).then(() => breaker.stop());
    return closing;
  }

  const isHealthy = async (): Promise<boolean> => (await problem()) === null;

  return { write, isHealthy, problem, close, [Symbol.asyncDispose]: close };
}
