import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { readImageInput } from './image-input.ts';
import { entriesOf, messagesOf, rawFieldsOf, readValueInfo } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';
import {
  ancestorsOf,
  callOf,
  elementsOf,
  functionsOf,
  type GraphNode,
  type OnnxGraph,
  readGraph,
} from './onnx-graph.ts';
import { put, putMessage, putNode, putValueInfo } from './onnx-writer.ts';

/** The part of a graph between its picture and its first layer. */
export interface InputStem {
  /** Operators on the way, in order; empty where the layer takes the picture as it is. */
  readonly steps: readonly string[];
  /** A model of that part alone, for one picture, whose output is what the layer gets; null where there are no steps, or `problem` says why. */
  readonly model: Uint8Array | null;
  /** Why the part cannot be taken out; empty where it can. */
  readonly problem: string;
}

/** Operators that hold what a network has learned. */
const layers: ReadonlySet<string> = new Set([
  'Attention',
  'Conv',
  'ConvInteger',
  'ConvTranspose',
  'DeformConv',
  'Einsum',
  'GRU',
  'Gemm',
  'LSTM',
  'MatMul',
  'MatMulInteger',
  'QLinearConv',
  'QLinearMatMul',
  'RNN',
]);
/** The same in other domains, where ONNX Runtime has fused and quantised ones: FusedConv, DynamicQuantizeMatMul, QAttention. */
const fusedLayer = /Conv|Gemm|MatMul|Attention|GRU|LSTM|RNN/;
/** What quantises the input of a layer belongs to the layer. */
const quantisers: readonly string[] = ['QuantizeLinear', 'DynamicQuantizeLinear'];
/** Layers of quantised inputs: x, its scale and its zero point come first. */
const quantisedLayers: readonly string[] = ['QLinearConv', 'QLinearMatMul'];
/** Tell of a tensor what does not depend on its values. */
const shapeOnly: readonly string[] = ['Shape', 'Size'];
/** Weights that mix three colours and no more are a step of preparation: 3x3. */
const colourWeights = 9;

/** What the first layer gets, and the nodes that make it of the picture. */
interface Cut {
  readonly tensor: string;
  readonly nodes: readonly GraphNode[];
  readonly steps: readonly GraphNode[];
  /** Scale and zero point, where it is quantised. */
  readonly quantised: readonly string[];
  /** A function of the model that has the first layer, and maybe steps before it. */
  readonly layerIn: string | undefined;
}

function cutOf(graph: OnnxGraph, picture: string, functions: ReadonlyMap<string, readonly string[]>): Cut {
  const touched = new Set([picture]);
  const opsOf = ({ op, domain }: GraphNode): readonly string[] | undefined =>
    functions.get(callOf(domain, op));
  const isLayer = (node: GraphNode): boolean => {
    const { op, domain, inputs } = node;
    const own = opsOf(node);
    if (own !== undefined)
      return own.some((one) => fusedLayer.test(one) || functions.has(callOf(domain, one)));
    if (domain !== '') return fusedLayer.test(op);
    if (!layers.has(op)) return false;
    const weights = inputs.filter((name) => name !== '' && !touched.has(name));
    const sizes = weights.map((name) => elementsOf(name, graph) ?? Number.POSITIVE_INFINITY);
    return sizes.length === 0 || Math.max(...sizes) > colourWeights;
  };
  let layer: GraphNode | undefined;
  let tensor = '';
  for (const node of graph.nodes) {
    const source = node.inputs.find((name) => touched.has(name));
    if (source === undefined || shapeOnly.includes(node.op)) continue;
    if (isLayer(node)) {
      [layer, tensor] = [node, source];
      break;
    }
    for (const name of node.outputs) touched.add(name);
  }
  let quantised: readonly string[] = [];
  const maker = graph.makers.get(tensor);
  if (maker !== undefined && quantisers.includes(maker.op)) tensor = maker.inputs[0] ?? '';
  else if (maker !== undefined && layer !== undefined && quantisedLayers.includes(layer.op))
    quantised = layer.inputs.slice(1, 3);
  const nodes = ancestorsOf([tensor, ...quantised], graph);
  return {
    tensor,
    nodes,
    steps: nodes.filter(({ inputs }) => inputs.some((name) => touched.has(name))),
    quantised,
    layerIn: layer !== undefined && opsOf(layer) !== undefined ? layer.op : undefined,
  };
}

/** A part of a file; to its end without a length. */
async function readPart(path: string, offset: number, length: number | undefined): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(length ?? Math.max(0, (await file.stat()).size - offset));
    await file.read(bytes, 0, bytes.length, offset);
    return bytes;
  } finally {
    await file.close();
  }
}

/** A tensor whose numbers lie in another file, with the numbers in it. */
async function withData(tensor: Uint8Array, folder: string): Promise<Uint8Array> {
  const entries = entriesOf(tensor, field.tensorExternalData);
  const location = entries.get('location');
  if (location === undefined) return tensor;
  const length = entries.get('length');
  const data = await readPart(
    join(folder, location),
    Number(entries.get('offset') ?? 0),
    length === undefined ? undefined : Number(length),
  );
  const writer = new BinaryWriter();
  for (const { number, raw } of rawFieldsOf(tensor))
    if (number !== field.tensorExternalData && number !== field.tensorDataLocation) writer.raw(raw);
  put(writer, field.tensorRaw, data);
  return writer.finish();
}

const stemOutput = 'trinetra/stem';

async function writeStem(
  model: Uint8Array,
  graph: OnnxGraph,
  picture: string,
  { tensor, nodes, quantised }: Cut,
  folder: string,
): Promise<Uint8Array> {
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...quantised]);
  const tensors: Uint8Array[] = [];
  for (const [name, constant] of graph.constants)
    if (used.has(name)) tensors.push(await withData(constant, folder));
  const writer = new BinaryWriter();
  for (const { number, raw } of rawFieldsOf(model)) {
    if (![field.modelGraph, field.modelMetadata, field.modelTraining].some((one) => one === number))
      writer.raw(raw);
  }
  putMessage(writer, field.modelGraph, (part) => {
    for (const { raw } of nodes) part.raw(raw);
    const [scale, zeroPoint] = quantised;
    if (scale !== undefined && zeroPoint !== undefined)
      putNode(part, { op: 'DequantizeLinear', inputs: [tensor, scale, zeroPoint], output: stemOutput });
    else putNode(part, { op: 'Identity', inputs: [tensor], output: stemOutput });
    put(part, field.graphName, 'stem');
    for (const one of tensors) put(part, field.graphInitializer, one);
    for (const { number, value, raw } of graph.fields) {
      if (number !== field.graphInput || !(value instanceof Uint8Array)) continue;
      const input = readValueInfo(value);
      if (input.name !== picture) continue;
      // Of one picture, whatever the batch of the model: where the graph bears that, it is a fraction of the work.
      if (readImageInput(input) === null) part.raw(raw);
      else putValueInfo(part, field.graphInput, { ...input, dims: ['batch', ...input.dims.slice(1)] });
    }
    putMessage(part, field.graphOutput, (output) => put(output, field.valueName, stemOutput));
  });
  return writer.finish();
}

/**
 * Takes the part of a graph between the picture and the first layer out of it: casts, scales, means, batch normalisation, swaps of
 * channels, quantisers, functions, whatever stands there.
 *
 * @param picture Name of the input.
 */
export async function readInputStem(path: string, picture: string): Promise<InputStem> {
  const model = await readFile(path);
  for (const bytes of messagesOf(model, field.modelGraph)) {
    const graph = readGraph(bytes);
    const cut = cutOf(graph, picture, functionsOf(model));
    const steps = cut.steps.map(({ op }) => op);
    const none = (problem: string): InputStem => ({ steps, model: null, problem });
    const { layerIn } = cut;
    if (layerIn !== undefined)
      return {
        ...none(`its first layers are in ${layerIn}, a function of the model`),
        steps: [...steps, layerIn],
      };
    if (steps.length === 0) return none('');
    const branch = cut.nodes.find(({ hasGraph }) => hasGraph);
    if (branch !== undefined) return none(`${branch.op} has a graph of its own`);
    return { steps, model: await writeStem(model, graph, picture, cut, dirname(path)), problem: '' };
  }
  return { steps: [], model: null, problem: '' };
}
