import { onnxModel } from '@trinetra/test-support';

/** The bytes of an ONNX model with any batch, whose embedding is the mean colour of the face times `weights` `[3, 512]`. */
export function tinyEmbedder(weights: Float32Array): Buffer {
  return onnxModel({
    inputs: [{ name: 'data', dims: ['batch', 3, 112, 112] }],
    outputs: [{ name: 'fc1', dims: ['batch', 512] }],
    nodes: [
      { op: 'ReduceMean', inputs: ['data'], outputs: ['mean'], attributes: { axes: [2, 3], keepdims: 0 } },
      { op: 'MatMul', inputs: ['mean', 'weights'], outputs: ['fc1'] },
    ],
    constants: { weights: { dims: [3, 512], data: weights } },
  });
}
