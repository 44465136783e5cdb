/** A varint. @see https://protobuf.dev/programming-guides/encoding/ */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** One field of a protobuf message: a number, a text or bytes, a message of fields. */
function field(number: number, value: number | string | Uint8Array | readonly Buffer[]): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const float = 1;

function valueInfo(name: string, dims: readonly (number | string)[]): Buffer[] {
  const shape = field(
    2,
    dims.map((dim) => field(1, [typeof dim === 'number' ? field(1, dim) : field(2, dim)])),
  );
  return [field(1, name), field(2, [field(1, [field(1, float), shape])])];
}

/**
 * The bytes of an ONNX model with any batch, whose embedding is the mean colour of the face times `weights` `[3, 512]`.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers
 */
export function tinyEmbedder(weights: Float32Array): Buffer {
  const axes = [field(1, 'axes'), field(8, 2), field(8, 3), field(20, 7)];
  const keepdims = [field(1, 'keepdims'), field(3, 0), field(20, 2)];
  const mean = [
    field(1, 'data'),
    field(2, 'mean'),
    field(4, 'ReduceMean'),
    field(5, axes),
    field(5, keepdims),
  ];
  const product = [field(1, 'mean'), field(1, 'weights'), field(2, 'fc1'), field(4, 'MatMul')];
  const initializer = [
    field(1, 3),
    field(1, 512),
    field(2, float),
    field(8, 'weights'),
    field(9, new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)),
  ];
  const graph = [
    field(1, mean),
    field(1, product),
    field(2, 'tiny'),
    field(5, initializer),
    field(11, valueInfo('data', ['batch', 3, 112, 112])),
    field(12, valueInfo('fc1', ['batch', 512])),
  ];
  return Buffer.concat([field(1, 8), field(7, graph), field(8, [field(2, 17)])]);
}
