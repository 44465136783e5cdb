import { setTimeout as delay } from 'node:timers/promises';
import { cameraTypes } from '@trinetra/contracts';
import { addSceneFrame } from './scene-frames.ts';
import type { RedisTestStack } from './test-stack.ts';

/** Few, so that writing frames costs the workers little of the machine. */
const pictures = 4;

export interface SteadyLoad extends AsyncDisposable {
  /** `camera frame` of every entry so far; grows. */
  readonly written: ReadonlySet<string>;
  stop(): Promise<void>;
}

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
): SteadyLoad {
  const { redis } = testStack;
  const written = new Set<string>();
  const names = Array.from({ length: cameras }, (_, index) => `cam_${index}`);
  let running = true;
  let moment = 0;
  async function write(): Promise<void> {
    while (running) {
      const lengths = await Promise.all(names.map((name) => redis.xlen(`frames:${name}`)));
      const unread = lengths.reduce((sum, length) => sum + length, 0) - (await testStack.pending());
      if (unread < backlog) {
        for (const [index, name] of names.entries()) {
          const type = cameraTypes[index % cameraTypes.length] ?? 'others';
          written.add(`${name} ${await addSceneFrame(redis, moment++ % pictures, name, type)}`);
        }
      }
      await delay(everyMs);
    }
  }
  const writing = write();
  const stop = async (): Promise<void> => {
    running = false;
    await writing;
  };
  return { written, stop, [Symbol.asyncDispose]: stop };
}
