import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, bufferOf, encodeFrameEntry } from '@trinetra/contracts';
import { Redis } from 'ioredis';
import { Pace } from './pace.ts';

const {
  REDIS_URL = 'redis://localhost:6379',
  FRAMES = 'frames',
  CAMERA_ID = 'cam_01',
  CAMERA_TYPE = 'entrance',
  FRAMES_PER_SECOND = '10',
  MAXLEN = '100',
} = process.env;

const maxLength = Number(MAXLEN);
const pace = new Pace({ intervalMs: 1000 / Number(FRAMES_PER_SECOND), maxLength });

const redis = new Redis(REDIS_URL, {
  retryStrategy: (attempt) => backoffMs(attempt, { firstMs: 100, maxMs: 5000 }),
  // A frame that could not be sent in its time is old: it is dropped, not kept for later.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 2000,
});
let isAway = false;
redis.on('error', (error: Error) => {
  if (!isAway) console.error(`Redis is away, frames are dropped: ${error.message}`);
  isAway = true;
});
redis.on('ready', () => {
  console.error(`Redis is there: frames:${CAMERA_ID} gets ${FRAMES_PER_SECOND} frames a second`);
  isAway = false;
});

const stopping = new AbortController();
const stop = (): void => stopping.abort();
process.once('SIGTERM', stop).once('SIGINT', stop);

/** Writes a frame; resolves to the length of its stream. @throws where Redis did not take it. */
async function write(frame: Uint8Array): Promise<number> {
  const entry = { cameraId: CAMERA_ID, cameraType: CAMERA_TYPE, ingestTs: Date.now() / 1000, frame };
  const { key, fields } = encodeFrameEntry(entry);
  const replies = await redis
    .pipeline()
    .xadd(
      key,
      'MAXLEN',
      '~',
      maxLength,
      '*',
      ...fields.map((field) => (typeof field === 'string' ? field : bufferOf(field))),
    )
    .xlen(key)
    .exec();
  const [added, length] = replies ?? [];
  if (added?.[0]) throw added[0];
  return Number(length?.[1] ?? 0);
}

// In place of a camera: the pictures of a folder, again and again.
const files = (await readdir(FRAMES)).filter((name) => /\.jpe?g$/i.test(name)).toSorted();
if (files.length === 0) throw new Error(`FRAMES: expected a folder with JPEG files but ${FRAMES} has none`);
const pictures = await Promise.all(files.map((name) => readFile(join(FRAMES, name))));

let [written, dropped] = [0, 0];
for (let at = 0; !stopping.signal.aborted; at = (at + 1) % pictures.length) {
  const startedAt = performance.now();
  const picture = pictures[at];
  if (picture === undefined || redis.status !== 'ready') dropped += 1;
  else {
    try {
      const length = await write(picture);
      written += 1;
      if (pace.saw(length)) {
        const rate = pace.rate * Number(FRAMES_PER_SECOND);
        console.error(`${length} frames wait in frames:${CAMERA_ID}: ${rate.toFixed(1)} frames a second now`);
      }
    } catch (error) {
      dropped += 1;
      console.error(`A frame was dropped: ${String(error)}`);
    }
  }
  const restMs = Math.max(0, pace.intervalMs - (performance.now() - startedAt));
  await delay(restMs, undefined, { signal: stopping.signal }).catch(() => undefined);
}
redis.disconnect();
console.error(`${written} frames written, ${dropped} dropped`);
