import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
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
import { onnxRuntime } from '../onnx-runtime.ts';
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

/** The bytes of a model that converts tensors of that rank: native code does it, and not a loop here. */
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

/** Sessions of conversions, on the CPU; there are as many as models have kinds of tensors. */
const sessions = new Map<string, Promise<InferenceSession>>();

function sessionOf(key: string, model: () => Uint8Array): Promise<InferenceSession> {
  const known = sessions.get(key);
  if (known !== undefined) return known;
  const made = onnxRuntime().InferenceSession.create(model(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  sessions.set(key, made);
  return made;
}

async function through(session: InferenceSession, tensor: Tensor): Promise<Tensor> {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  const result = (await session.run({ [input]: tensor }))[output];
  if (result === undefined) throw new Error('a conversion gave no tensor');
  return result;
}

/** A float32 tensor `[n, c, h, w]` as the model takes it. */
export async function convertFeed(tensor: Tensor, conversion: FeedConversion): Promise<Tensor> {
  const { type, layout = 'nchw', scale = 1, offset = 0 } = conversion;
  const session = await sessionOf(`${type} ${layout} ${scale} ${offset}`, () =>
    modelOf('float32', type, nodesOf(conversion), conversion, 4),
  );
  return through(session, tensor);
}

/** A float16 tensor as float32; others as they are. */
export async function toFloat32(tensor: Tensor): Promise<Tensor> {
  if (tensor.type !== 'float16') return tensor;
  const rank = tensor.dims.length;
  const cast = { op: 'Cast', inputs: ['x'], output: 'y', attributes: { to: elementTypes.float32 } };
  const session = await sessionOf(`float16 ${rank}`, () => modelOf('float16', 'float32', [cast], {}, rank));
  return through(session, tensor);
}
