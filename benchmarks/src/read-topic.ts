import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => Buffer.from(await compressFrame(encoder.buffer)),
  decompress: async (buffer: Buffer) => Buffer.from(await decompressFrame(buffer)),
});

/** An event, and when the broker had it, ms since the epoch. */
export interface ArrivedEvent {
  readonly cameraId: string;
  readonly frameId: string;
  readonly arrivedAtMs: number;
  /** Detections, and those of them with an embedding. */
  readonly persons: number;
  readonly faces: number;
}

/** Reads the first `count` events of a topic without further writes. */
export async function readTopic(
  brokers: readonly string[],
  topic: string,
  count: number,
): Promise<ArrivedEvent[]> {
  const kafka = new Kafka({ clientId: 'reader', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `reader-${topic}-${process.pid}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const events: ArrivedEvent[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await consumer.run({
      eachMessage: async ({ message }) => {
        const frameId = String(message.headers?.['frame_id'] ?? '');
        const { detections, embeddings } = JSON.parse(String(message.value));
        events.push({
          cameraId: String(message.key),
          frameId,
          arrivedAtMs: Number(message.timestamp),
          persons: detections.length,
          faces: embeddings.filter((embedding: unknown) => embedding !== null).length,
        });
        if (events.length >= count) resolve();
      },
    });
    await promise;
    return events;
  } finally {
    await consumer.disconnect();
  }
}
