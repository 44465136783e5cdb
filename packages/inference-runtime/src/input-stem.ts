import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { messagesOf, type RawField, rawFieldsOf, readTensor, textOf } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';
import { put, putMessage } from './onnx-writer.ts';

/** The part of a graph between its picture and its first layer. */
export interface InputStem {
  /** Operators on the way, in order; empty where the layer takes the picture as it is. */
  readonly steps: readonly string[];
  /** A model of that part alone, whose output is what the layer gets; null where there are no steps, or `problem` says why. */
  readonly model: Uint8Array | null;
  /** Why the part cannot be taken out; empty where it can. */
  readonly problem: string;
}

interface GraphNode {
  readonly raw: Uint8Array;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly hasGraph: boolean;
  /** Elements of a Constant's tensor. */
  readonly elements: number | undefined;
}

interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Uint8Array>;
  readonly fields: readonly RawField[];
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
/** What quantises the input of a layer belongs to the layer. */
const quantisers: readonly string[] = ['QuantizeLinear', 'DynamicQuantizeLinear'];
/** Tell of a tensor what does not depend on its values. */
const shapeOnly: readonly string[] = ['Shape', 'Size'];
/** Weights that mix three colours and no more are a step of preparation: 3x3. */
const colourWeights = 9;

function readNode(raw: Uint8Array, whole: Uint8Array): GraphNode {
  const texts = (number: number): string[] =>
    [...messagesOf(raw, number)].map((bytes) => Buffer.from(bytes).toString('utf8'));
  let [hasGraph, elements]: [boolean, number | undefined] = [false, undefined];
  for (const attribute of messagesOf(raw, field.nodeAttribute)) {
    for (const { number, value } of rawFieldsOf(attribute)) {
      if (number === field.attributeGraph || number === field.attributeGraphs) hasGraph = true;
      if (number === field.attributeTensor && value instanceof Uint8Array) elements = readTensor(value).size;
    }
  }
  const [inputs, outputs] = [texts(field.nodeInput), texts(field.nodeOutput)];
  const [op, domain] = [textOf(raw, field.nodeOpType), textOf(raw, field.nodeDomain)];
  return { raw: whole, op, domain, inputs, outputs, hasGraph, elements };
}

function readGraph(bytes: Uint8Array): Graph {
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Uint8Array>();
  const fields = [...rawFieldsOf(bytes)];
  for (const { number, value, raw } of fields) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === field.graphNode) nodes.push(readNode(value, raw));
    if (number === field.graphInitializer) constants.set(textOf(value, field.tensorName), value);
  }
  return { nodes, constants, fields };
}

/** Elements of the constant that a tensor is made of, through one-to-one operators; undefined where it is none. */
function elementsOf(name: string, graph: Graph, makers: ReadonlyMap<string, GraphNode>): number | undefined {
  for (let [at, tries] = [name, 0]; tries < 16; tries += 1) {
    const constant = graph.constants.get(at);
    if (constant !== undefined) return readTensor(constant).size;
    const maker = makers.get(at);
    if (maker === undefined || maker.elements !== undefined) return maker?.elements;
    at = maker.inputs[0] ?? '';
  }
  return undefined;
}

/** Nodes that a tensor is computed of, in the order of the graph. */
function ancestorsOf(tensor: string, graph: Graph, makers: ReadonlyMap<string, GraphNode>): GraphNode[] {
  const found = new Set<GraphNode>();
  const open = [tensor];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    open.push(...maker.inputs);
  }
  return graph.nodes.filter((node) => found.has(node));
}

/** What the first layer gets, and the nodes that make it of the picture. */
function cutOf(
  graph: Graph,
  picture: string,
): { cut: string; nodes: readonly GraphNode[]; steps: readonly GraphNode[] } {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const touched = new Set([picture]);
  const isLayer = ({ op, domain, inputs }: GraphNode): boolean => {
    if (domain !== '' && domain !== 'ai.onnx') return !quantisers.includes(op) && op !== 'DequantizeLinear';
    if (!layers.has(op)) return false;
    const weights = inputs.filter((name) => name !== '' && !touched.has(name));
    const sizes = weights.map((name) => elementsOf(name, graph, makers) ?? Number.POSITIVE_INFINITY);
    return sizes.length === 0 || Math.max(...sizes) > colourWeights;
  };
  let cut = '';
  for (const node of graph.nodes) {
    const source = node.inputs.find((name) => touched.has(name));
    if (source === undefined || shapeOnly.includes(node.op)) continue;
    if (cut === '' && isLayer(node)) cut = source;
    for (const name of cut === '' ? node.outputs : []) touched.add(name);
  }
  for (let maker = makers.get(cut); maker !== undefined && quantisers.includes(maker.op); ) {
    cut = maker.inputs[0] ?? '';
    maker = makers.get(cut);
  }
  const nodes = ancestorsOf(cut, graph, makers);
  return { cut, nodes, steps: nodes.filter(({ inputs }) => inputs.some((name) => touched.has(name))) };
}

/** A tensor whose numbers lie in another file, with the numbers in it. */
async function withData(tensor: Uint8Array, folder: string): Promise<Uint8Array> {
  const entries = new Map(
    [...messagesOf(tensor, field.tensorExternalData)].map((entry) => [
      textOf(entry, field.entryKey),
      textOf(entry, field.entryValue),
    ]),
  );
  const location = entries.get('location');
  if (location === undefined) return tensor;
  const [offset, length] = [Number(entries.get('offset') ?? 0), entries.get('length')];
  const file = await readFile(join(folder, location));
  const writer = new BinaryWriter();
  for (const { number, raw } of rawFieldsOf(tensor))
    if (number !== field.tensorExternalData && number !== field.tensorDataLocation) writer.raw(raw);
  put(
    writer,
    field.tensorRaw,
    file.subarray(offset, length === undefined ? undefined : offset + Number(length)),
  );
  return writer.finish();
}

async function writeStem(
  model: Uint8Array,
  graph: Graph,
  picture: string,
  { cut, nodes }: { readonly cut: string; readonly nodes: readonly GraphNode[] },
  folder: string,
): Promise<Uint8Array> {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const tensors: Uint8Array[] = [];
  for (const [name, tensor] of graph.constants)
    if (used.has(name)) tensors.push(await withData(tensor, folder));
  const writer = new BinaryWriter();
  for (const { number, raw } of rawFieldsOf(model)) {
    if (![field.modelGraph, field.modelMetadata, field.modelTraining].some((one) => one === number))
      writer.raw(raw);
  }
  putMessage(writer, field.modelGraph, (part) => {
    for (const { raw } of nodes) part.raw(raw);
    put(part, field.graphName, 'stem');
    for (const tensor of tensors) put(part, field.graphInitializer, tensor);
    for (const { number, value, raw } of graph.fields) {
      const isPicture =
        number === field.graphInput &&
        value instanceof Uint8Array &&
        textOf(value, field.valueName) === picture;
      if (isPicture) part.raw(raw);
    }
    putMessage(part, field.graphOutput, (output) => put(output, field.valueName, cut));
  });
  return writer.finish();
}

async function stemOf(model: Uint8Array, picture: string, folder: string): Promise<InputStem> {
  for (const bytes of messagesOf(model, field.modelGraph)) {
    const graph = readGraph(bytes);
    const cut = cutOf(graph, picture);
    const steps = cut.steps.map(({ op }) => op);
    if (steps.length === 0) return { steps, model: null, problem: '' };
    const functions = new Set(
      [...messagesOf(model, field.modelFunctions)].map((one) => textOf(one, field.functionName)),
    );
    const odd = cut.nodes.find(({ hasGraph, op }) => hasGraph || functions.has(op));
    if (odd !== undefined) return { steps, model: null, problem: `${odd.op} has a graph of its own` };
    return { steps, model: await writeStem(model, graph, picture, cut, folder), problem: '' };
  }
  return { steps: [], model: null, problem: '' };
}

/**
 * Takes the part of a graph between the picture and the first layer out of it: casts, scales, means, batch normalisation, swaps of
 * channels, quantisers, whatever stands there.
 *
 * @param picture Name of the input.
 */
export async function readInputStem(path: string, picture: string): Promise<InputStem> {
  return stemOf(await readFile(path), picture, dirname(path));
}
