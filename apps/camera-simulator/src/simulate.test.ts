import { expect, it } from 'vitest';
import { createCameras } from './cameras.ts';
import type { Manifest } from './manifest.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { simulate } from './simulate.ts';

/** Which frames are damaged and how, of 60 frames of which `atOnce` are prepared side by side. */
async function damageOf(seed: number, atOnce: number): Promise<string[]> {
  const cameras = createCameras(2);
  const schedule = createSchedule({ cameras: 2, fps: 1000, seconds: 0.03, jitter: 0, burst: 30, seed });
  const limited: Schedule = { ...schedule, takeDue: (elapsedMs) => schedule.takeDue(elapsedMs, atOnce) };
  const lines: string[] = [];
  const manifest: Manifest = {
    write: ({ image, corrupt }) => void lines.push(`${image} ${corrupt}`),
    close: async () => undefined,
  };
  let id = 0;
  await simulate({
    cameras,
    schedule: limited,
    source: async (camera, frame) => {
      await null;
      return { image: `${camera}/${frame}`, bytes: Buffer.alloc(64, 1), width: 8, height: 8 };
    },
    writer: {
      write: async (frames) => frames.map(() => ({ ok: true, value: `${id++}-0` })),
      [Symbol.asyncDispose]: async () => undefined,
    },
    sizes: false,
    manifest,
    corruptRate: 0.5,
    seed,
    signal: new AbortController().signal,
  });
  return lines.sort();
}

it('damages the same frames for the same seed, however many are late and sent together', async () => {
  const one = await damageOf(7, 1);
  expect(one).toHaveLength(60);
  expect(await damageOf(7, 64)).toEqual(one);
  expect(await damageOf(8, 64)).not.toEqual(one);
});
