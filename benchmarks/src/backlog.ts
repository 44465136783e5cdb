import type { Redis } from 'ioredis';
import type { Pictures } from './pictures.ts';

/** Frames that wait in Redis before anyone reads. */
export interface Backlog {
  readonly cameras: number;
  readonly frames: number;
  readonly pictures: Pictures;
}

const perRoundTrip = 200;

export const streamOf = (camera: number): string => `frames:cam_${camera}`;

/** Fields of a frame as the ingestor writes them. */
export function frameFields(camera: number, picture: Buffer, ingestTs: number): (string | Buffer)[] {
  const id = `cam_${camera}`;
  return ['camera_id', id, 'camera_type', 'tracking', 'ingest_ts', ingestTs.toFixed(6), 'frame', picture];
}

/** Writes the frames, camera by camera in turn. */
export async function writeBacklog(redis: Redis, { cameras, frames, pictures }: Backlog): Promise<void> {
  for (let from = 0; from < frames; from += perRoundTrip) {
    const pipeline = redis.pipeline();
    for (let index = from; index < Math.min(frames, from + perRoundTrip); index += 1) {
      const camera = index % cameras;
      const picture = pictures[index % pictures.length] ?? Buffer.alloc(0);
      pipeline.xadd(streamOf(camera), '*', ...frameFields(camera, picture, Date.now() / 1000));
    }
    await pipeline.exec();
  }
}

/** Lua: counts the entries of all streams of {@link streamOf} in one call, not in 1000. */
const countScript = `
local count = 0
for camera = 0, ARGV[1] - 1 do count = count + redis.call('XLEN', 'frames:cam_' .. camera) end
return count
`;

/** Frames without an outcome yet, read or not. Workers delete what they ack. */
export async function remaining(redis: Redis, cameras: number): Promise<number> {
  return Number(await redis.eval(countScript, 0, cameras));
}

/** Calls of each Redis command so far. */
export async function commandCalls(redis: Redis): Promise<Map<string, number>> {
  const text = await redis.info('commandstats');
  return new Map(
    [...text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]),
  );
}
