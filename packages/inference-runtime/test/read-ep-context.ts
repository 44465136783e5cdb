import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Message = Map<number, (number | Uint8Array)[]>;

function read(bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes);
  const fields: Message = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = type === WireType.Varint ? Number(reader.int64()) : reader.bytes();
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (message: Message, number: number): Message[] =>
  (message.get(number) ?? []).map((value) => read(value as Uint8Array));
const text = (message: Message, number: number): string =>
  Buffer.from((message.get(number)?.[0] ?? Buffer.alloc(0)) as Uint8Array).toString();

/** A model with one EPContext node, by the field numbers of onnx.proto and the table of attributes of the operator. */
export function readEpContext(bytes: Uint8Array): {
  opsets: Record<string, number>;
  nodes: number;
  op: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  ints: Record<string, number>;
  strings: Record<string, Buffer>;
} {
  const model = read(bytes);
  const [graph = new Map()] = messages(model, 7);
  const nodes = messages(graph, 1);
  const [node = new Map()] = nodes;
  const ints: Record<string, number> = {};
  const strings: Record<string, Buffer> = {};
  for (const attribute of messages(node, 5)) {
    const name = text(attribute, 1);
    const type = attribute.get(20)?.[0];
    if (type === 2) ints[name] = Number(attribute.get(3)?.[0] ?? 0);
    else if (type === 3)
      strings[name] = Buffer.from((attribute.get(4)?.[0] ?? Buffer.alloc(0)) as Uint8Array);
    else throw new Error(`expected INT or STRING for ${name} but received ${type}`);
  }
  const names = (number: number): string[] =>
    (node.get(number) ?? []).map((value: number | Uint8Array) => Buffer.from(value as Uint8Array).toString());
  return {
    opsets: Object.fromEntries(
      messages(model, 8).map((opset) => [text(opset, 1), Number(opset.get(2)?.[0] ?? 0)]),
    ),
    nodes: nodes.length,
    op: text(node, 4),
    domain: text(node, 7),
    inputs: names(1),
    outputs: names(2),
    ints,
    strings,
  };
}
