import type { ByteInput, ModelDescription } from '@trinetra/inference-runtime';

/** Side of an aligned face, px. */
export const faceSize = 112;

const plane = faceSize * faceSize;

/** Values of one face: `[3, 112, 112]`. */
export const faceValues: number = 3 * plane;

/** How a model wants its pixels: as they are, or `(x - 127.5) / 127.5`. */
export type PixelScale = 'raw' | 'centred';

/** What each level 0..255 becomes; a division as in float32, so that a graph that has it gives the same. */
const levels: Readonly<Record<PixelScale, Float32Array>> = {
  raw: Float32Array.from({ length: 256 }, (_, level) => level),
  centred: Float32Array.from({ length: 256 }, (_, level) => (level - 127.5) / 127.5),
};

/**
 * Writes a face `[112, 112, 3]` RGB 0..255 as `[3, 112, 112]` NCHW into `tensor` at `index`.
 *
 * @see https://github.com/deepinsight/insightface/blob/master/python-package/insightface/model_zoo/arcface_onnx.py
 */
export function writeFace(face: Uint8Array, scale: PixelScale, tensor: Float32Array, index: number): void {
  const values = levels[scale];
  let at = index * faceValues;
  for (let i = 0; i < face.length; i += 3, at += 1) {
    tensor[at] = values[face[i] as number] as number;
    tensor[at + plane] = values[face[i + 1] as number] as number;
    tensor[at + 2 * plane] = values[face[i + 2] as number] as number;
  }
}

const weighted: readonly string[] = ['Conv', 'Gemm', 'MatMul', 'QLinearConv', 'ConvInteger', 'FusedConv'];

/**
 * Some exports hold the normalisation in the graph, a Sub and a Mul or Div before the first layer: they take 0..255.
 * InsightFace looks at the first 8 nodes whatever they are; a LayerNorm behind an early convolution, which older
 * exports spell with Sub and Div, is no such normalisation.
 *
 * @param firstOps Operators of the graph's first 8 nodes.
 * @see https://github.com/deepinsight/insightface/blob/master/python-package/insightface/model_zoo/arcface_onnx.py
 */
export function pixelScaleOf(firstOps: readonly string[]): PixelScale {
  const layer = firstOps.findIndex((op) => weighted.includes(op));
  const before = layer < 0 ? firstOps : firstOps.slice(0, layer);
  return before.includes('Sub') && (before.includes('Mul') || before.includes('Div')) ? 'raw' : 'centred';
}

/** How a model is made to take faces of bytes, which are a quarter of the memory; for `byteInput` of `loadModel`. */
export function embedderByteInput({ firstOps }: Pick<ModelDescription, 'firstOps'>): ByteInput {
  return pixelScaleOf(firstOps) === 'raw' ? { divisor: 1 } : { mean: 127.5, divisor: 127.5 };
}
