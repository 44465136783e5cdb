import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => Buffer.from(await compressFrame(encoder.buffer)),
  decompress: async (buffer: Buffer) => Buffer.from(await decompressFrame(buffer)),
});

interface ReceivedEvent {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly event: DetectionEvent;
}

export interface EventCollector extends AsyncDisposable {
  /** In the order of their arrival; grows. */
  readonly received: readonly ReceivedEvent[];
}

/** Reads every event of the topic from its beginning, as the identity-resolver would. */
export async function collectEvents(brokers: string[], topic: string): Promise<EventCollector> {
  const kafka = new Kafka({ clientId: 'test-reader', brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: `reader-${process.pid}-${Math.random()}`,
    sessionTimeout: 10_000,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const received: ReceivedEvent[] = [];
  /** By partition the offset that comes next: a broker that is killed may forget how far this reader had come. */
  const next = new Map<number, bigint>();
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const offset = BigInt(message.offset);
      if (offset < (next.get(partition) ?? 0n)) return;
      next.set(partition, offset + 1n);
      received.push({
        key: String(message.key),
        headers: Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        ),
        event: parseDetectionEvent(message.value ?? Buffer.alloc(0)),
      });
    },
  });
  return { received, [Symbol.asyncDispose]: () => consumer.disconnect() };
}
