import { createScene } from '@trinetra/camera-simulator/scene';
import type { CameraType } from '@trinetra/contracts';
import type { Redis } from 'ioredis';

const scene = createScene({ seed: 1, camera: 0, cameraType: 'entrance', sentWidth: 640, sentHeight: 640 });
const pictures = new Map<number, Promise<Buffer>>();

/** Moment `seconds` of a generated scene as a JPEG; drawn once. */
export function scenePicture(seconds: number): Promise<Buffer> {
  const known = pictures.get(seconds);
  if (known !== undefined) return known;
  const picture = scene.frame(seconds).canvas.encode('jpeg', 85);
  pictures.set(seconds, picture);
  return picture;
}

/** Writes moment `seconds` of a generated scene into the stream of a camera, as the ingestor does; returns the entry's id. */
export async function addSceneFrame(
  redis: Redis,
  seconds: number,
  cameraId = 'cam',
  cameraType: CameraType = 'entrance',
): Promise<string> {
  return addFrame(redis, await scenePicture(seconds), { cameraId, cameraType });
}

async function addFrame(
  redis: Redis,
  frame: Buffer,
  { cameraId, cameraType }: { readonly cameraId: string; readonly cameraType: CameraType },
): Promise<string> {
  const fields = {
    camera_id: cameraId,
    camera_type: cameraType,
    ingest_ts: String(Date.now() / 1000),
    frame,
  };
  return String(await redis.xadd(`frames:${cameraId}`, '*', ...Object.entries(fields).flat()));
}

/** Writes a frame with the mark that `injectPoison` looks for: a magenta square in its middle. */
export async function addPoisonFrame(redis: Redis, cameraId = 'cam'): Promise<string> {
  const { canvas } = scene.frame(0);
  const context = canvas.getContext('2d');
  context.fillStyle = 'magenta';
  context.fillRect(canvas.width / 2 - 40, canvas.height / 2 - 40, 80, 80);
  return addFrame(redis, await canvas.encode('jpeg', 95), { cameraId, cameraType: 'entrance' });
}

/** Writes `count` moments into one stream. */
export async function addSceneFrames(redis: Redis, count: number, cameraId?: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(await addSceneFrame(redis, index, cameraId));
  return ids;
}
