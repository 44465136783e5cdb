import type { CommandRun } from '../command-run.ts';
import { plural } from '../event-line.ts';
import { connectRedis } from '../redis.ts';
import type { CaptureOptions } from './capture-options.ts';
import { createRecorder, sizeText } from './recorder.ts';
import { readStreams } from './stream-reader.ts';

/**
 * Records frames until a bound or the abort, and reports what it has.
 *
 * @returns The exit code, 0.
 * @throws {ViewerError} of what cannot be read or written; what was recorded before is complete.
 */
export async function runCapture(run: CommandRun<CaptureOptions>): Promise<number> {
  const { options, stop, stdout, complain } = run;
  const { output: folder, every, frames: maxFrames, maxBytes, seconds } = options;
  using connection = await connectRedis(options.redis);
  await using recorder = await createRecorder(folder, maxBytes);
  const timeout = seconds === Infinity ? undefined : AbortSignal.timeout(seconds * 1000);
  const signal = timeout === undefined ? stop.signal : AbortSignal.any([stop.signal, timeout]);
  const { camera: cameras, fromBeginning } = options;
  const onReady = (): void => complain(`recording into ${folder}, until Ctrl-C or a bound`);
  /** Received frames of each camera. */
  const seen = new Map<string, number>();
  let end = 'a signal';
  try {
    for await (const entry of readStreams({ connection, cameras, fromBeginning, signal, onReady })) {
      const before = seen.get(entry.cameraId) ?? 0;
      seen.set(entry.cameraId, before + 1);
      if (before % every !== 0) continue;
      if ((await recorder.write(entry)) === 'full') {
        end = `the next frame would be past --max-bytes ${sizeText(maxBytes)}`;
        break;
      }
      if (recorder.counts.frames < maxFrames) continue;
      end = `--frames ${maxFrames}`;
      break;
    }
    if (timeout?.aborted === true) end = `--seconds ${seconds}`;
  } finally {
    const { frames, bytes, unusable } = recorder.counts;
    const what = `${plural(frames, 'frame')} of ${plural(seen.size, 'camera')}, ${sizeText(bytes)}`;
    stdout.write(`${what}, in ${folder}${unusable === 0 ? '' : `; ${unusable} entries were no frames`}\n`);
  }
  complain(`ended by ${end}`);
  return 0;
}
