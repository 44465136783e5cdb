import { type DetectionEvent, safeParseDetectionEvent } from '@trinetra/contracts';
import { createKafkaClient } from '@trinetra/kafka-sink';
import { Gallery } from './gallery.ts';
import { Recent } from './recent.ts';

const {
  KAFKA_BOOTSTRAP_SERVERS = 'localhost:9092',
  KAFKA_TOPIC = 'trinetra.detections',
  KAFKA_GROUP = 'identity-resolver',
  GALLERY_SIZE = '10000',
  THRESHOLD = '0.5',
} = process.env;

const gallery = new Gallery({ size: Number(GALLERY_SIZE), threshold: Number(THRESHOLD) });
const frames = new Recent(100_000);
const strangeSpaces = new Recent(100);

/** Prints who is in the frame of an event, one line a person with an embedding. */
function resolve(event: DetectionEvent): void {
  // A frame comes again after a crash of the worker or of this program.
  if (!frames.isNew(`${event.camera_id} ${event.frame_id}`)) return;
  if (event.embedding_space === null) return;
  if (!gallery.takes(event)) {
    if (strangeSpaces.isNew(event.embedding_space)) {
      console.error(
        `Embeddings of the space ${event.embedding_space} are skipped: the gallery is of ${gallery.space}, ` +
          'and the two cannot be compared. Start anew once all workers run the same models.',
      );
    }
    return;
  }
  for (const [index, embedding] of event.embeddings.entries()) {
    if (embedding === null) continue; // no usable face
    const { identity, similarity } = gallery.resolve(embedding);
    const { camera_id, frame_id, ingest_ts, detections } = event;
    const bbox = detections[index]?.bbox;
    console.log(JSON.stringify({ identity, similarity, camera_id, frame_id, ingest_ts, bbox }));
  }
}

/** Never throws: kafkajs would read the message again and again. */
function receive(where: string, value: Buffer | null): void {
  const result = safeParseDetectionEvent(value);
  if (!result.ok) {
    console.error(`${where} is skipped: ${result.problem}: ${result.message}`);
    return;
  }
  try {
    resolve(result.event);
  } catch (error) {
    console.error(`${where} is skipped: ${String(error)}`);
  }
}

// A client that reads LZ4, which kafkajs alone does not.
const kafka = createKafkaClient({
  clientId: 'identity-resolver',
  brokers: KAFKA_BOOTSTRAP_SERVERS.split(','),
  logCreator:
    () =>
    ({ label, log }) =>
      console.error(`kafkajs ${label}: ${log.message}`),
});
const consumer = kafka.consumer({ groupId: KAFKA_GROUP });
// kafkajs restarts by itself after what a retry may mend, and stands still after the rest.
consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
  if (restart) return;
  console.error(`Reading from Kafka ended: ${error.message}`);
  process.exitCode = 1;
  void consumer.disconnect();
});
const stop = (): void => void consumer.disconnect();
process.once('SIGTERM', stop).once('SIGINT', stop);

await consumer.connect();
await consumer.subscribe({ topic: KAFKA_TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message: { offset, value } }) =>
    receive(`Message ${offset} of partition ${partition}`, value),
});
