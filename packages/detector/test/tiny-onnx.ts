import { onnxModel } from '@trinetra/test-support';

/**
 * The bytes of an ONNX model that finds the same in every picture: `images` `[1, 3, size, size]` in, and the
 * constant `head` `dims` out, with Ultralytics' metadata.
 */
export function tinyDetector(size: number, head: Float32Array, dims: readonly number[]): Buffer {
  return onnxModel({
    inputs: [{ name: 'images', dims: [1, 3, size, size] }],
    outputs: [{ name: 'output0', dims }],
    nodes: [{ op: 'Constant', outputs: ['output0'], attributes: { value: { dims, data: head } } }],
    metadata: { names: "{0: 'person'}" },
  });
}
