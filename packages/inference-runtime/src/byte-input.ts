import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { type ImageInput, readImageInput } from './image-input.ts';
import { type OnnxFileInfo, parseOnnx, type RawField, rawFieldsOf, textOf } from './onnx-file.ts';
import { elementTypes, onnxField as field } from './onnx-format.ts';
import { type OnnxNode, putMessage, putNode, putScalar, putValueInfo } from './onnx-writer.ts';
import type { TensorInfo } from './types.ts';

/**
 * Pictures as bytes: levels 0..255, of which the model gets `(level - mean) / divisor`. The divisor is 255 for YOLO and 1 for
 * models of levels.
 */
export interface ByteInput {
  readonly divisor: number;
  /** Default 0. */
  readonly mean?: number;
}

/** What an ONNX file says of its model, to tell which pictures it takes. */
export type ModelDescription = Pick<OnnxFileInfo, 'inputs' | 'outputs' | 'metadata' | 'firstOps'>;

/** The weights lie in a file of their own, which a model made of bytes cannot name. */
function isExternal(initializer: Uint8Array): boolean {
  return [...rawFieldsOf(initializer)].some(({ number }) => number === field.tensorExternalData);
}

/** Names in the graph that no exporter gives. */
const bytesName = (name: string): string => `trinetra/bytes/${name}`;
const meanName = 'trinetra/mean';
const divisorName = 'trinetra/divisor';

/** From bytes `[n, h, w, 3]` to the input as the model has it. The axes are reordered first: of bytes, that is a quarter of the work. */
function nodesOf(input: ImageInput, { mean = 0, divisor }: ByteInput): OnnxNode[] {
  const steps: (Pick<OnnxNode, 'op' | 'attributes'> & { constant?: string })[] = [
    ...(input.layout === 'nchw' ? [{ op: 'Transpose', attributes: { perm: [0, 3, 1, 2] } }] : []),
    { op: 'Cast', attributes: { to: elementTypes.float32 } },
    ...(mean === 0 ? [] : [{ op: 'Sub', constant: meanName }]),
    ...(divisor === 1 ? [] : [{ op: 'Div', constant: divisorName }]),
    ...(input.type === 'float16' ? [{ op: 'Cast', attributes: { to: elementTypes.float16 } }] : []),
  ];
  const between = (at: number): string => `trinetra/step${at}/${input.name}`;
  return steps.map(({ op, attributes = {}, constant }, at) => ({
    op,
    attributes,
    inputs: [at === 0 ? bytesName(input.name) : between(at), ...(constant === undefined ? [] : [constant])],
    output: at === steps.length - 1 ? input.name : between(at + 1),
  }));
}

function writeGraph(
  writer: BinaryWriter,
  graph: readonly RawField[],
  input: TensorInfo,
  given: ByteInput,
): void {
  const image = readImageInput(input);
  if (image === null) return;
  const [batch = 'batch', ...others] = input.dims;
  const dims = image.layout === 'nchw' ? [batch, others[1] ?? 'height', others[2] ?? 'width', 3] : input.dims;
  const nodes = nodesOf(image, given);
  const used = nodes.flatMap(({ inputs }) => inputs);
  for (const node of nodes) putNode(writer, node);
  if (used.includes(meanName)) putScalar(writer, meanName, given.mean ?? 0);
  if (used.includes(divisorName)) putScalar(writer, divisorName, given.divisor);
  for (const { number, raw, value } of graph) {
    const isInput =
      number === field.graphInput &&
      value instanceof Uint8Array &&
      textOf(value, field.valueName) === input.name;
    if (isInput) putValueInfo(writer, number, { name: bytesName(input.name), type: 'uint8', dims });
    else writer.raw(raw);
  }
}

/**
 * The same model with an input of bytes, uint8 `[n, h, w, 3]`, in place of its one input of float pictures: the cast, the mean,
 * the division and the order of the axes are operators of the graph then, which run where the model runs. It gives the same numbers.
 *
 * @returns Null where the model takes something else, is an engine in ONNX's clothes, or keeps its weights in another file.
 * @throws {InferenceError} `model_load_failed` where the bytes are no model.
 */
export function withByteInput(model: Uint8Array, given: ByteInput): Uint8Array | null {
  const { inputs, firstOps } = parseOnnx(model);
  const [input, ...others] = inputs;
  const image = readImageInput(input);
  if (firstOps.includes('EPContext')) return null; // around an engine, which stands alone in its graph
  if (input === undefined || others.length > 0 || image === null || image.type === 'uint8') return null;
  const writer = new BinaryWriter();
  for (const { number, raw, value } of rawFieldsOf(model)) {
    if (number !== field.modelGraph || !(value instanceof Uint8Array)) {
      writer.raw(raw);
      continue;
    }
    const graph = [...rawFieldsOf(value)];
    const external = graph.some(
      (part) =>
        part.number === field.graphInitializer && part.value instanceof Uint8Array && isExternal(part.value),
    );
    if (external) return null;
    putMessage(writer, number, (inner) => writeGraph(inner, graph, input, given));
  }
  return writer.finish();
}
