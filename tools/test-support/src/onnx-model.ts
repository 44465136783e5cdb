/** A varint. @see https://protobuf.dev/programming-guides/encoding/ */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** One field of a protobuf message: a number, a text or bytes, or a message of fields. */
function field(number: number, value: number | string | Uint8Array | readonly Buffer[]): Buffer {
  if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Array.isArray(value) ? Buffer.concat(value) : Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;

/** An input or output; axes that are text are symbolic. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  /** Default `float32`. */
  readonly type?: keyof typeof elementTypes;
}

interface Constant {
  readonly dims: readonly number[];
  /** Its place in a separate file, if not written into the model. */
  readonly data: Float32Array;
  readonly external?: Readonly<Record<'location' | 'offset' | 'length', string>> | undefined;
}

/**
 * An operator; attributes are whole numbers, lists of them, float32 constants, or graphs, such as the branches
 * of an If.
 */
export interface OnnxNode {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[] | Constant | OnnxModel>>;
}

/** A whole model. */
export interface OnnxModel {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

function valueInfo({ name, dims, type = 'float32' }: OnnxTensor): Buffer[] {
  const axes = dims.map((dim) => field(1, [typeof dim === 'number' ? field(1, dim) : field(2, dim)]));
  const tensorType = [field(1, elementTypes[type]), field(2, axes)];
  return [field(1, name), field(2, [field(1, tensorType)])];
}

function tensor({ dims, data, external }: Constant): Buffer[] {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const entries = Object.entries(external ?? {}).map(([key, value]) =>
    field(13, [field(1, key), field(2, value)]),
  );
  return [
    ...dims.map((dim) => field(1, dim)),
    field(2, elementTypes.float32),
    ...(external === undefined ? [field(9, bytes)] : [...entries, field(14, 1)]),
  ];
}

function attribute(name: string, value: number | readonly number[] | Constant | OnnxModel): Buffer[] {
  if (typeof value === 'number') return [field(1, name), field(3, value), field(20, 2)];
  if ('nodes' in value) return [field(1, name), field(6, graphOf(value)), field(20, 5)];
  if ('data' in value) return [field(1, name), field(5, tensor(value)), field(20, 4)];
  return [field(1, name), ...value.map((one) => field(8, one)), field(20, 7)];
}

function nodeOf({ op, inputs = [], outputs, attributes = {} }: OnnxNode): Buffer[] {
  return [
    ...inputs.map((name) => field(1, name)),
    ...outputs.map((name) => field(2, name)),
    field(4, op),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
  ];
}

function graphOf({ inputs, outputs, nodes, constants = {} }: OnnxModel): Buffer[] {
  return [
    ...nodes.map((node) => field(1, nodeOf(node))),
    field(2, 'tiny'),
    ...Object.entries(constants).map(([name, value]) => field(5, [...tensor(value), field(8, name)])),
    ...inputs.map((one) => field(11, valueInfo(one))),
    ...outputs.map((one) => field(12, valueInfo(one))),
  ];
}

/**
 * The bytes of an ONNX file (IR 8, opset 17): models of a few nodes, so that tests need no weights.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers
 */
export function onnxModel(model: OnnxModel): Buffer {
  return Buffer.concat([
    field(1, 8),
    field(7, graphOf(model)),
    field(8, [field(2, 17)]),
    ...Object.entries(model.metadata ?? {}).map(([key, value]) =>
      field(14, [field(1, key), field(2, value)]),
    ),
  ]);
}
