import { readCameraSizes } from '@trinetra/camera-simulator/camera-sizes';
import { TrinetraError } from '@trinetra/contracts';
import { DemoError } from './errors.ts';

/** How the worker learns the aspects of squashed cameras. */
export interface AspectPlan {
  /** For the worker. */
  readonly env: Readonly<Record<string, string>>;
  /** For the simulator. */
  readonly flags: readonly string[];
  /** Message for the terminal. */
  readonly note: string | undefined;
}

/**
 * Sets each camera's aspect as an operator would, by `CAMERA_ASPECTS`. If cameras show pictures of several
 * aspects, each frame must carry its size. Generated scenes are 16:9, the worker's default.
 *
 * @param frames Folder of pictures; undefined: generated scenes.
 * @throws {DemoError} `invalid_options` where a picture cannot be read.
 */
export async function planAspects(frames: string | undefined, cameras: number): Promise<AspectPlan> {
  if (frames === undefined) return { env: {}, flags: [], note: undefined };
  const sizes = await readCameraSizes(frames, cameras).catch((cause: unknown) => {
    if (!TrinetraError.isInstance(cause)) throw cause;
    throw new DemoError('invalid_options', cause.message, { cause });
  });
  if (sizes === 'mixed') {
    const note =
      'The pictures have more aspects than there are cameras, so each frame says its width and height (--sizes).';
    return { env: {}, flags: ['--sizes'], note };
  }
  const aspects = [...sizes].map(([id, { width, height }]) => `${id}=${width}x${height}`);
  return { env: { CAMERA_ASPECTS: aspects.join(',') }, flags: [], note: undefined };
}
