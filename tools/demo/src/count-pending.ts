import { streamKeyOf } from '@trinetra/contracts';
import { Redis } from 'ioredis';

/**
 * Counts the frames that the worker leased and has not acked, by Redis' count.
 *
 * @param group Consumer group of the worker.
 */
export async function countPending(url: string, group: string, cameras: readonly string[]): Promise<number> {
  const redis = new Redis(url);
  try {
    const counts = await Promise.all(
      cameras.map(async (camera) => {
        const [count] = await redis.xpending(streamKeyOf(camera), group);
        return Number(count);
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  } finally {
    redis.disconnect();
  }
}
