import { messagesOf, type RawField, rawFieldsOf, readTensor, textOf, textsOf } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';

/** A node of a graph, as it lies in the file. */
export interface GraphNode {
  readonly raw: Uint8Array;
  readonly op: string;
  /** Empty: ONNX's own. */
  readonly domain: string;
  /** With what the graphs in its attributes take from around it. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly hasGraph: boolean;
  /** Elements of a Constant's tensor. */
  readonly elements: number | undefined;
}

/** A graph, its nodes behind those whose outputs they take. */
export interface OnnxGraph {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Uint8Array>;
  readonly fields: readonly RawField[];
  /** The node that gives a tensor. */
  readonly makers: ReadonlyMap<string, GraphNode>;
}

/** Graphs within graphs that are looked into. */
const maxDepth = 32;

/** Names that the nodes of a graph take, its own ones among them. */
function takenIn(graph: Uint8Array, depth: number): string[] {
  if (depth > maxDepth) return [];
  return [...messagesOf(graph, field.graphNode)].flatMap((node) => readNode(node, node, depth).inputs);
}

function readNode(raw: Uint8Array, whole: Uint8Array, depth = 0): GraphNode {
  const captured: string[] = [];
  let elements: number | undefined;
  let hasGraph = false;
  for (const attribute of messagesOf(raw, field.nodeAttribute)) {
    for (const { number, value } of rawFieldsOf(attribute)) {
      if (!(value instanceof Uint8Array)) continue;
      if (number === field.attributeTensor) elements = readTensor(value).size;
      if (number !== field.attributeGraph && number !== field.attributeGraphs) continue;
      hasGraph = true;
      captured.push(...takenIn(value, depth + 1));
    }
  }
  const domain = textOf(raw, field.nodeDomain);
  return {
    raw: whole,
    op: textOf(raw, field.nodeOpType),
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs: [...textsOf(raw, field.nodeInput), ...captured],
    outputs: textsOf(raw, field.nodeOutput),
    hasGraph,
    elements,
  };
}

/** Nodes behind those whose outputs they take: files need not have them so. A cycle is for ONNX Runtime to refuse. */
function inOrder(nodes: readonly GraphNode[], makers: OnnxGraph['makers']): GraphNode[] {
  const seen = new Set<GraphNode>();
  const order: GraphNode[] = [];
  for (const first of nodes) {
    if (seen.has(first)) continue;
    seen.add(first);
    const path = [{ node: first, next: 0 }];
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const name = last.node.inputs[last.next];
      last.next += 1;
      const before = name === undefined ? undefined : makers.get(name);
      if (before !== undefined && !seen.has(before)) {
        seen.add(before);
        path.push({ node: before, next: 0 });
      } else if (name === undefined) {
        order.push(last.node);
        path.pop();
      }
    }
  }
  return order;
}

/** Reads the nodes of a GraphProto. */
export function readGraph(bytes: Uint8Array): OnnxGraph {
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Uint8Array>();
  const fields = [...rawFieldsOf(bytes)];
  for (const { number, value, raw } of fields) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === field.graphNode) nodes.push(readNode(value, raw));
    if (number === field.graphInitializer) constants.set(textOf(value, field.tensorName), value);
  }
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return { nodes: inOrder(nodes, makers), constants, fields, makers };
}

/** Elements of the constant that a tensor is made of, through one-to-one operators; undefined where it is none. */
export function elementsOf(name: string, { constants, makers }: OnnxGraph): number | undefined {
  for (let [at, tries] = [name, 0]; tries < 16; tries += 1) {
    const constant = constants.get(at);
    if (constant !== undefined) return readTensor(constant).size;
    const maker = makers.get(at);
    if (maker === undefined || maker.elements !== undefined) return maker?.elements;
    at = maker.inputs[0] ?? '';
  }
  return undefined;
}

/** Nodes that some tensors are computed of, in order. */
export function ancestorsOf(tensors: readonly string[], { nodes, makers }: OnnxGraph): GraphNode[] {
  const found = new Set<GraphNode>();
  const open = [...tensors];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    open.push(...maker.inputs);
  }
  return nodes.filter((node) => found.has(node));
}

/** Key of a function of the model, and of the nodes that call it. */
export const callOf = (domain: string, op: string): string => `${domain}::${op}`;

/** The functions of a model by {@link callOf}, with the operators that each has. */
export function functionsOf(model: Uint8Array): Map<string, string[]> {
  return new Map(
    [...messagesOf(model, field.modelFunctions)].map((bytes) => {
      const ops = [...messagesOf(bytes, field.functionNode)].map((node) => textOf(node, field.nodeOpType));
      return [callOf(textOf(bytes, field.functionDomain), textOf(bytes, field.functionName)), ops] as const;
    }),
  );
}
