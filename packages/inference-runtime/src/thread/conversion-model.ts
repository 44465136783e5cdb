import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { elementTypes, onnxField as field } from '../onnx/onnx-format.ts';
import {
  type OnnxNode,
  put,
  putMessage,
  putModelHead,
  putNode,
  putScalar,
  putValueInfo,
} from '../onnx/onnx-writer.ts';
import type { FeedConversion } from '../types.ts';

/** The steps from float32 NCHW to what a conversion asks for, each an operator of ONNX. */
function nodesOf({ type, layout, scale = 1, offset = 0 }: FeedConversion): OnnxNode[] {
  const nodes: OnnxNode[] = [];
  let last = 'x';
  const add = (op: string, more: readonly string[] = [], attributes: OnnxNode['attributes'] = {}): void => {
    const output = `v${nodes.length}`;
    nodes.push({ op, inputs: [last, ...more], output, attributes });
    last = output;
  };
  if (scale !== 1) add('Mul', ['scale']);
  if (offset !== 0) add('Add', ['offset']);
  if (type === 'uint8') {
    add('Round');
    add('Clip', ['least', 'most']);
  }
  if (type !== 'float32') add('Cast', [], { to: elementTypes[type] });
  if (layout === 'nhwc') add('Transpose', [], { perm: [0, 2, 3, 1] });
  return nodes;
}

function modelOf(
  from: 'float32' | 'float16',
  to: FeedConversion['type'],
  nodes: readonly OnnxNode[],
  { scale = 1, offset = 0 }: Pick<FeedConversion, 'scale' | 'offset'>,
  rank: number,
): Uint8Array {
  const open = (prefix: string): string[] => Array.from({ length: rank }, (_, axis) => `${prefix}${axis}`);
  const model = new BinaryWriter();
  putModelHead(model, { '': 17 });
  putMessage(model, field.modelGraph, (graph) => {
    put(graph, field.graphName, 'conversion');
    for (const node of nodes) putNode(graph, node);
    const used = nodes.flatMap(({ inputs }) => inputs);
    for (const [name, value] of Object.entries({ scale, offset, least: 0, most: 255 })) {
      if (used.includes(name)) putScalar(graph, name, value);
    }
    putValueInfo(graph, field.graphInput, { name: 'x', type: from, dims: open('d') });
    putValueInfo(graph, field.graphOutput, {
      name: nodes.at(-1)?.output ?? 'x',
      type: to,
      dims: open('e'),
    });
  });
  return model.finish();
}

/** The bytes of a model that converts a float32 tensor `[n, c, h, w]` as asked for: native code does it, and not a loop here. */
export function feedConversionModel(conversion: FeedConversion): Uint8Array {
  const nodes = nodesOf(conversion);
  return modelOf('float32', conversion.type, nodes, conversion, 4);
}

/** The bytes of a model that makes float16 of that rank float32. */
export function floatOutputModel(rank: number): Uint8Array {
  const nodes = [{ op: 'Cast', inputs: ['x'], output: 'y', attributes: { to: elementTypes.float32 } }];
  return modelOf('float16', 'float32', nodes, {}, rank);
}
