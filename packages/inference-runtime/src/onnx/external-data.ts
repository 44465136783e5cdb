import { entriesOf, rawFieldsOf, textOf } from './onnx-file.ts';
import { onnxField as field } from './onnx-format.ts';

/** TensorProto.DataLocation of weights in another file. */
const external = 1;

type MessageKind = 'model' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** In which fields of which messages of onnx.proto others lie that tensors are in. */
const nested: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = {
  model: { [field.modelGraph]: 'graph', [field.modelFunctions]: 'function' },
  function: { [field.functionNode]: 'node' },
  graph: {
    [field.graphNode]: 'node',
    [field.graphInitializer]: 'tensor',
    [field.graphSparseInitializer]: 'sparse',
  },
  node: { [field.nodeAttribute]: 'attribute' },
  attribute: {
    [field.attributeTensor]: 'tensor',
    [field.attributeTensors]: 'tensor',
    [field.attributeGraph]: 'graph',
    [field.attributeGraphs]: 'graph',
    [field.attributeSparseTensor]: 'sparse',
    [field.attributeSparseTensors]: 'sparse',
  },
  sparse: { [field.sparseValues]: 'tensor', [field.sparseIndices]: 'tensor' },
  tensor: {},
};

/** A part of another file that a model needs. */
export interface ExternalPart {
  /** As the model names it, relative to its folder. */
  readonly location: string;
  /** Bytes that the file has at least; NaN where the model does not tell them as numbers. */
  readonly leastBytes: number;
}

function partOfTensor(tensor: Uint8Array): ExternalPart | null {
  const locations = [...rawFieldsOf(tensor)].filter(({ number }) => number === field.tensorDataLocation);
  if (locations.at(-1)?.value !== external) return null;
  const told = entriesOf(tensor, field.tensorExternalData);
  const [offset, length] = [told.get('offset') ?? '0', told.get('length') ?? '0'];
  const leastBytes = [offset, length].every((one) => /^\d+$/.test(one))
    ? Number(offset) + Number(length)
    : Number.NaN;
  return { location: told.get('location') ?? '', leastBytes };
}

/** An engine that a node of `trinetra-models wrap --reference` names. */
function partOfNode(node: Uint8Array): ExternalPart | null {
  if (textOf(node, field.nodeOpType) !== 'EPContext') return null;
  let location: string | undefined;
  let embedded = true; // the default of embed_mode
  for (const { number, value } of rawFieldsOf(node)) {
    if (number !== field.nodeAttribute || !(value instanceof Uint8Array)) continue;
    const name = textOf(value, field.attributeName);
    if (name === 'ep_cache_context') location = textOf(value, field.attributeString);
    if (name !== 'embed_mode') continue;
    embedded = [...rawFieldsOf(value)].some((one) => one.number === field.attributeInt && one.value === 1);
  }
  return embedded || location === undefined ? null : { location, leastBytes: 0 };
}

/**
 * The parts of other files that an ONNX model is loaded with: weights in external data, those of subgraphs, functions and
 * constants too, and engines that it names.
 *
 * @throws what the reader of protobuf says of damaged bytes.
 */
export function* externalPartsOf(bytes: Uint8Array, kind: MessageKind = 'model'): Generator<ExternalPart> {
  const part = kind === 'tensor' ? partOfTensor(bytes) : kind === 'node' ? partOfNode(bytes) : null;
  if (part !== null) yield part;
  if (kind === 'tensor') return; // what is left are the weights
  for (const { number, value } of rawFieldsOf(bytes)) {
    const inner = nested[kind][number];
    if (inner !== undefined && value instanceof Uint8Array) yield* externalPartsOf(value, inner);
  }
}
