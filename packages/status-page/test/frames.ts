import type { DetectionEvent, EventDetection, FrameEntry } from '@trinetra/contracts';
import sharp from 'sharp';

/** A picture of one colour with a checkerboard of 2 px black and white squares in each of `regions` (0..1). */
export async function checkered(
  width: number,
  height: number,
  regions: readonly (readonly [number, number, number, number])[],
): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3, 128);
  for (const [x1, y1, x2, y2] of regions) {
    for (let y = Math.floor(y1 * height); y < y2 * height; y += 1) {
      for (let x = Math.floor(x1 * width); x < x2 * width; x += 1) {
        data.fill((x >> 1) % 2 === (y >> 1) % 2 ? 0 : 255, (y * width + x) * 3, (y * width + x) * 3 + 3);
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

export function entryOf(cameraId: string, frame: Uint8Array, frameId = '1-0'): FrameEntry {
  return { frameId, cameraId, cameraType: 'entrance', ingestTs: 1_771_840_000, frame };
}

export function eventOf(
  cameraId: string,
  detections: readonly Omit<EventDetection, 'track_id' | 'class_id'>[],
  status: DetectionEvent['status'] = 'ok',
): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: '1-0',
    camera_id: cameraId,
    camera_type: 'entrance',
    ingest_ts: 1_771_840_000,
    worker_ts: 1_771_840_000.1,
    worker_id: 'w',
    status,
    reasons: [],
    embedding_space: null,
    detections: detections.map((one, index) => ({ track_id: index, class_id: 0, ...one })),
    embeddings: [],
  };
}

/** How much neighbouring pixels differ in a region (0..1), mean of grey levels 0..255. */
export async function detailIn(
  jpeg: Uint8Array,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): Promise<number> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  let sum = 0;
  let count = 0;
  for (let y = Math.ceil(y1 * height); y < Math.floor(y2 * height) - 2; y += 1) {
    for (let x = Math.ceil(x1 * width); x < Math.floor(x2 * width) - 2; x += 1) {
      sum += Math.abs((data[(y * width + x) * channels] ?? 0) - (data[(y * width + x + 2) * channels] ?? 0));
      count += 1;
    }
  }
  return sum / count;
}
