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

function valueInfo(name: string, dims: readonly number[]): Buffer[] {
  const shape = field(
    2,
    dims.map((dim) => field(1, [field(1, dim)])),
  );
  return [field(1, name), field(2, [field(1, [field(1, float), shape])])];
}

/**
 * The bytes of an ONNX model that finds the same in every picture: `images` `[1, 3, size, size]` in, and the
 * constant `head` `dims` out, with Ultralytics' metadata.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers
 */
export function tinyDetector(size: number, head: Float32Array, dims: readonly number[]): Buffer {
  const tensor = [
    ...dims.map((dim) => field(1, dim)),
    field(2, float),
    field(9, new Uint8Array(head.buffer, head.byteOffset, head.byteLength)),
  ];
  const attribute = [field(1, 'value'), field(5, tensor), field(20, 4)];
  const node = [field(2, 'output0'), field(4, 'Constant'), field(5, attribute)];
  const graph = [
    field(1, node),
    field(2, 'tiny'),
    field(11, valueInfo('images', [1, 3, size, size])),
    field(12, valueInfo('output0', dims)),
  ];
  const metadata = [field(1, 'names'), field(2, "{0: 'person'}")];
  return Buffer.concat([field(1, 8), field(7, graph), field(8, [field(2, 17)]), field(14, metadata)]);
}
