import { setTimeout as sleep } from 'node:timers/promises';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { followLines } from './follow-lines.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => Buffer.from(await compressFrame(encoder.buffer)),
  decompress: async (buffer: Buffer) => Buffer.from(await decompressFrame(buffer)),
});

/** Reads the worker's events back, as the identity-resolver would. */
export interface EventReader extends AsyncDisposable {
  /** The events since the last call. */
  read(): Promise<DetectionEvent[]>;
  /** The remaining events, once the worker has ended. */
  drain(): Promise<DetectionEvent[]>;
}

/** Longest wait for events that are in the topic but not received yet. */
const drainLimitMs = 15_000;

/** Reads a topic from its beginning. */
export async function readFromKafka(brokers: readonly string[], topic: string): Promise<EventReader> {
  const kafka = new Kafka({ clientId: 'trinetra-demo', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'trinetra-demo', sessionTimeout: 10_000 });
  let waiting: DetectionEvent[] = [];
  let count = 0;
  let failure: unknown;
  await consumer.connect();
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) failure = payload.error;
  });
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      count += 1;
      try {
        waiting.push(parseDetectionEvent(message.value ?? Buffer.alloc(0)));
      } catch (error) {
        failure = error; // the consumer would try the same message again and again
      }
    },
  });
  const read = async (): Promise<DetectionEvent[]> => {
    if (failure !== undefined) throw failure;
    const events = waiting;
    waiting = [];
    return events;
  };
  return {
    read,
    async drain() {
      const admin = kafka.admin();
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(topic);
      await admin.disconnect();
      const total = offsets.reduce((sum, { high }) => sum + Number(high), 0);
      const end = performance.now() + drainLimitMs;
      while (count < total && performance.now() < end) await sleep(20);
      return read();
    },
    [Symbol.asyncDispose]: () => consumer.disconnect(),
  };
}

/** Reads the file of the NDJSON sink. */
export function readFromNdjson(path: string): EventReader {
  const lines = followLines(path);
  const read = async (): Promise<DetectionEvent[]> => (await lines.read()).map(parseDetectionEvent);
  return { read, drain: read, [Symbol.asyncDispose]: async () => undefined };
}
