import { cameraTypes } from '@trinetra/contracts';
import { type Load, pictures, startLoad } from './load.ts';
import { addSceneFrame } from './scene-frames.ts';
import type { RedisTestStack } from './test-stack.ts';

export interface SteadyLoadOptions {
  readonly cameras: number;
  /** Entries that no worker has read yet, about: there is always something to do. */
  readonly backlog: number;
  /** At most one frame of each camera in this time. Default 20: as much as the workers can serve. */
  readonly everyMs?: number;
}

/** Writes frames as long as fewer than `backlog` are unread. The workers must delete what they ack. */
export function startSteadyLoad(
  testStack: RedisTestStack,
  { cameras, backlog, everyMs = 20 }: SteadyLoadOptions,
): Load {
  const { redis } = testStack;
  const names = Array.from({ length: cameras }, (_, index) => `cam_${index}`);
  let moment = 0;
  return startLoad(everyMs, async (written) => {
    const lengths = await Promise.all(names.map((name) => redis.xlen(`frames:${name}`)));
    const unread = lengths.reduce((sum, length) => sum + length, 0) - (await testStack.pending());
    if (unread >= backlog) return;
    for (const [index, name] of names.entries()) {
      const type = cameraTypes[index % cameraTypes.length] ?? 'others';
      written.add(`${name} ${await addSceneFrame(redis, moment++ % pictures, name, type)}`);
    }
  });
}
