import { InferenceError } from '../errors.ts';
import { type ImageInput, imageFeed } from '../onnx/image-input.ts';
import type { InputStem } from '../onnx/input-stem.ts';
import { measurePixelMap, unchanged, unmeasured } from '../onnx/pixel-map.ts';
import { failureOf } from '../thread/engine-failure.ts';
import type { ThreadClient } from '../thread/thread-client.ts';
import type { PixelMap } from '../types.ts';

/** Side of the pictures where the model leaves it open, px: that of faces. */
const defaultSide = 112;

/** A picture of one colour `[1, 3, height, width]`. */
function plainPicture(levels: readonly number[], height: number, width: number): Float32Array {
  const data = new Float32Array(3 * height * width);
  for (const [channel, level] of levels.entries()) {
    data.fill(level, channel * height * width, (channel + 1) * height * width);
  }
  return data;
}

/** Measures what a stem makes of pictures, on the CPU in that thread. A stem that does not run is told as such. */
export async function measureStem(
  client: ThreadClient,
  number: number,
  stem: InputStem,
  image: ImageInput,
): Promise<PixelMap> {
  const { steps, model: source, problem } = stem;
  if (source === null) return steps.length === 0 ? unchanged : unmeasured(steps, problem);
  const [height, width] = [image.height ?? defaultSide, image.width ?? defaultSide];
  const opened = await client.call({
    kind: 'load',
    model: number,
    source: { kind: 'bytes', bytes: source },
    sha256: '',
    provider: 'cpu',
    deviceId: 0,
    intraOpThreads: 1,
    cpuNiceness: 0,
    profile: false,
  });
  if (opened.kind === 'failed') return unmeasured(steps, `they do not run by themselves: ${opened.message}`);
  try {
    return await measurePixelMap(steps, async (levels) => {
      const data = plainPicture(levels, height, width);
      const feed = imageFeed(image, data, [1, 3, height, width], { divisor: 1 });
      const response = await client.call({
        kind: 'run',
        model: number,
        feeds: { [image.name]: feed },
        floatOutputs: true,
      });
      if (response.kind !== 'ran') throw failureOf(response, 'run_failed');
      const [output] = Object.values(response.outputs ?? {});
      if (output?.data instanceof Float32Array) return output.data;
      throw new InferenceError('run_failed', `they give ${output?.type ?? 'nothing'}`);
    });
  } catch (error) {
    if (InferenceError.isInstance(error) && error.code === 'run_failed')
      return unmeasured(steps, error.message);
    throw error;
  } finally {
    if (client.alive) await client.call({ kind: 'unload', model: number });
  }
}
