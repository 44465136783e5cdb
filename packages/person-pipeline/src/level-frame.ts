import type { Size } from '@trinetra/contracts';
import type { Detector, DetectorInput } from '@trinetra/detector';

/**
 * A frame of one of the detector's input sizes, in shared memory as decoded ones are, for runs whose answer does not matter.
 *
 * @param levelAt Level 0..255 of each value of the tensor.
 */
export function levelFrame(
  { tensorType }: Pick<Detector, 'tensorType'>,
  { width, height }: Size,
  levelAt: (at: number) => number,
): DetectorInput {
  const values = 3 * width * height;
  const bytes = tensorType === 'uint8';
  const memory = new SharedArrayBuffer(bytes ? values : 4 * values);
  const tensor = bytes ? new Uint8Array(memory) : new Float32Array(memory);
  for (let at = 0; at < values; at += 1) tensor[at] = bytes ? levelAt(at) : levelAt(at) / 255;
  return {
    tensor,
    letterbox: { scaleX: 1, scaleY: 1, left: 0, top: 0, inputWidth: width, inputHeight: height },
    width,
    height,
  };
}
