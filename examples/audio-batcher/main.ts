import { microBatch } from '@trinetra/micro-batch';
import { createRedisBatchSource } from '@trinetra/redis-batch-source';
import { type Chunk, chunkOf, loudnessOf } from './loudness.ts';

const {
  REDIS_URL = 'redis://localhost:6379',
  CONSUMER_NAME = 'ears-1',
  BATCH_SIZE = '8',
  MAX_DELAY_MS = '200',
} = process.env;
const maxBatchSize = Number(BATCH_SIZE);
/** Louder chunks hold a voice, dBFS. */
const voiceFrom = -40;

const source = await createRedisBatchSource({
  redis: { url: REDIS_URL },
  streamPattern: 'audio:*',
  deadLetterPrefix: 'audio-dead:',
  consumerGroup: 'audio-batchers',
  consumerName: CONSUMER_NAME,
  maxInFlight: 2 * maxBatchSize, // one batch is measured, one is read
  outcomes: ['voice', 'silent', 'unreadable'],
  priorityOf: ({ streamKey }) => (streamKey.startsWith('audio:counter') ? 4 : 1),
  logger: {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => console.error(message, fields),
    error: (fields, message) => console.error(message, fields),
  },
});
const stop = (): void => source.stop(); // ends leases(), and so the loop
process.once('SIGTERM', stop).once('SIGINT', stop);

for await (const batch of microBatch(source.leases(), { maxBatchSize, maxDelayMs: Number(MAX_DELAY_MS) })) {
  const chunks = batch.map(({ fields }) => chunkOf(fields));
  const loudness = loudnessOf(chunks.filter((chunk): chunk is Chunk => chunk !== undefined));
  let at = 0;
  const settled = batch.map((lease, index) => {
    const { streamKey, entryId } = lease;
    if (chunks[index] === undefined) {
      console.error(`${streamKey} ${entryId}: expected the fields pcm (16-bit samples) and rate`);
      return source.settle(lease, 'unreadable');
    }
    const dbfs = loudness[at++] ?? Number.NEGATIVE_INFINITY;
    console.log(JSON.stringify({ stream: streamKey, id: entryId, dbfs, batch: batch.length }));
    return source.settle(lease, dbfs >= voiceFrom ? 'voice' : 'silent');
  });
  await Promise.all(settled); // one round trip for the batch
}

for (const [stream, { outcomes }] of source.stats().cameras) console.error(stream, JSON.stringify(outcomes));
await source.close();
