import type { FacePixels } from './pixels.ts';

/** Side of an aligned face, px. */
export const faceSize = 112;

const plane = faceSize * faceSize;

/** Values of one face: `[3, 112, 112]`. */
export const faceValues: number = 3 * plane;

/** Writes faces as a model wants them. */
interface FaceWriter {
  /** A face `[112, 112, 3]` RGB 0..255 as `[3, 112, 112]` NCHW into `tensor` at `index`. */
  floats(face: Uint8Array, tensor: Float32Array, index: number): void;
  /** The same as `[112, 112, 3]`, without a scale. */
  bytes(face: Uint8Array, tensor: Uint8Array, index: number): void;
}

export function createFaceWriter({ order, mean, divisor }: FacePixels): FaceWriter {
  // What each level becomes; rounded as float32 rounds, so that a graph that does it gives the same.
  const values = Float32Array.from(
    { length: 256 },
    (_, level) => Math.fround(level - Math.fround(mean)) / Math.fround(divisor),
  );
  const [first, third] = order === 'rgb' ? [0, 2] : [2, 0];
  return {
    floats: (face, tensor, index) => {
      let at = index * faceValues;
      for (let i = 0; i < face.length; i += 3, at += 1) {
        tensor[at] = values[face[i + first] as number] as number;
        tensor[at + plane] = values[face[i + 1] as number] as number;
        tensor[at + 2 * plane] = values[face[i + third] as number] as number;
      }
    },
    bytes: (face, tensor, index) => {
      const from = index * faceValues;
      tensor.set(face, from);
      for (let i = 0; order === 'bgr' && i < face.length; i += 3) {
        tensor[from + i] = face[i + 2] as number;
        tensor[from + i + 2] = face[i] as number;
      }
    },
  };
}
