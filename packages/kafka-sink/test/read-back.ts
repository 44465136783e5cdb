import { parseDetectionEvent } from '@trinetra/contracts';
import kafkajs from 'kafkajs';
import { vi } from 'vitest';

/** A message as a consumer sees it. */
export interface ReadBack {
  readonly key: string | undefined;
  readonly partition: number;
  /** Milliseconds; -1: it was sent without one. */
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cameraId: string;
  readonly frameId: string;
  readonly embeddings: readonly (readonly number[] | null)[];
  readonly reasons: readonly string[];
}

/** Reads a topic from its beginning with the consumer of kafkajs, until `enough` says so. */
export async function readBack(
  brokers: readonly string[],
  topic: string,
  enough: (messages: readonly ReadBack[]) => boolean,
): Promise<readonly ReadBack[]> {
  const messages: ReadBack[] = [];
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `reader-${crypto.randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const event = parseDetectionEvent(message.value ?? '');
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [
          name,
          value?.toString(),
        ]);
        messages.push({
          key: message.key?.toString(),
          partition,
          timestamp: message.timestamp,
          headers: Object.fromEntries(headers),
          cameraId: event.camera_id,
          frameId: event.frame_id,
          embeddings: event.embeddings,
          reasons: event.reasons,
        });
      },
    });
    await vi.waitUntil(() => enough(messages), { timeout: 20_000, interval: 10 });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}
