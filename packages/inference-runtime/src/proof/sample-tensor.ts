import type { Size } from '@trinetra/contracts';
import { type ImageInput, readImageInput } from '../onnx/image-input.ts';
import type { TensorInfo } from '../types.ts';

/** The same numbers everywhere. @see https://en.wikipedia.org/wiki/Linear_congruential_generator (Numerical Recipes) */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Side of a picture whose model leaves it open, px. */
const defaultSide = 320;

interface Shape {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly level: readonly number[];
}

/**
 * A picture for proofs, `[3, h, w]` with values in `low..high`: a gradient with ellipses and grain, so that every kernel has
 * something to do. The same on every machine, and in bytes the same as in floats: of 256 levels.
 */
export function samplePicture(
  { height, width }: Size,
  [low, high]: readonly [number, number],
  seed = 1,
): Float32Array {
  const next = random(seed);
  const shapes: Shape[] = Array.from({ length: 12 }, () => ({
    x: next() * width,
    y: next() * height,
    rx: (0.03 + 0.12 * next()) * width,
    ry: (0.05 + 0.25 * next()) * height,
    level: [next(), next(), next()],
  }));
  const data = new Float32Array(3 * height * width);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const shape = shapes.findLast((one) => ((x - one.x) / one.rx) ** 2 + ((y - one.y) / one.ry) ** 2 <= 1);
      for (let channel = 0; channel < 3; channel += 1) {
        const ground = (0.3 * (x / width) + 0.5 * (y / height) + 0.1 * channel) % 1;
        const level = Math.round(255 * (0.9 * (shape?.level[channel] ?? ground) + 0.1 * next()));
        data[(channel * height + y) * width + x] = low + ((high - low) * level) / 255;
      }
    }
  }
  return data;
}

/** The picture input of a model, with a size. Null where the model does not take one picture and nothing else. */
export function pictureOf(
  inputs: readonly TensorInfo[],
  size?: Size,
): (Size & { readonly input: ImageInput }) | null {
  const [first, ...others] = inputs;
  const input = readImageInput(first);
  if (input === null || others.length > 0) return null;
  return {
    input,
    height: input.height ?? size?.height ?? defaultSide,
    width: input.width ?? size?.width ?? defaultSide,
  };
}
