import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ByteInput, TensorInfo } from '../types.ts';
import { type ImageInput, readImageInput } from './image-input.ts';
import { messagesOf, parseOnnx, type RawField, rawFieldsOf, textOf } from './onnx-file.ts';
import { elementTypes, onnxField as field } from './onnx-format.ts';
import { type OnnxNode, putMessage, putNode, putScalar, putValueInfo } from './onnx-writer.ts';

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

const isFixed = (dim: number | string): boolean => typeof dim === 'number' && dim > 0;

/**
 * Whether the file declares sizes of outputs that its open inputs do not bear out, or may not: exporters write those of the one picture that
 * they traced. ONNX Runtime lays out memory by them.
 */
function declaresTooMuch(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): boolean {
  const openBatch = inputs.some(({ dims }) => dims.length > 0 && !isFixed(dims[0] ?? ''));
  const openSides = inputs.some(({ dims }) => dims.slice(1).some((dim) => !isFixed(dim)));
  return outputs.some(
    ({ dims }) =>
      (openBatch && dims.length > 0 && isFixed(dims[0] ?? '')) ||
      (openSides && dims.slice(1, -1).some(isFixed)),
  );
}

/** Writes an output without its sizes: ONNX Runtime infers what can be inferred, and takes the rest as it comes. */
function putOpenOutput(graph: BinaryWriter, value: Uint8Array): void {
  putMessage(graph, field.graphOutput, (info) => {
    for (const part of rawFieldsOf(value)) {
      if (part.number !== field.valueType || !(part.value instanceof Uint8Array)) {
        info.raw(part.raw);
        continue;
      }
      const [type] = messagesOf(part.value, field.typeTensor);
      putMessage(info, field.valueType, (of) =>
        putMessage(of, field.typeTensor, (tensor) => {
          for (const { number, raw } of rawFieldsOf(type ?? new Uint8Array()))
            if (number !== field.tensorTypeShape) tensor.raw(raw);
        }),
      );
    }
  });
}

/** What the input becomes; undefined: it stays. */
interface NewInput {
  readonly input: TensorInfo;
  readonly image: ImageInput;
  readonly byteInput: ByteInput;
}

function putByteInput(writer: BinaryWriter, { input, image, byteInput }: NewInput): void {
  const nodes = nodesOf(image, byteInput);
  const used = nodes.flatMap(({ inputs }) => inputs);
  for (const node of nodes) putNode(writer, node);
  if (used.includes(meanName)) putScalar(writer, meanName, byteInput.mean ?? 0);
  if (used.includes(divisorName)) putScalar(writer, divisorName, byteInput.divisor);
  const [batch = 'batch', ...others] = input.dims;
  const dims = image.layout === 'nchw' ? [batch, others[1] ?? 'height', others[2] ?? 'width', 3] : input.dims;
  putValueInfo(writer, field.graphInput, { name: bytesName(input.name), type: 'uint8', dims });
}

function writeGraph(
  writer: BinaryWriter,
  graph: Iterable<RawField>,
  changes: { readonly newInput: NewInput | undefined; readonly openOutputs: boolean },
): void {
  const { newInput, openOutputs } = changes;
  if (newInput !== undefined) putByteInput(writer, newInput);
  for (const { number, raw, value } of graph) {
    const named = value instanceof Uint8Array ? value : new Uint8Array();
    if (openOutputs && number === field.graphOutput) putOpenOutput(writer, named);
    else if (openOutputs && number === field.graphValueInfo)
      continue; // as little to be trusted
    else if (number !== field.graphInput || textOf(named, field.valueName) !== newInput?.input.name)
      writer.raw(raw);
  }
}

/** A model as it is loaded. */
export interface RewrittenModel {
  readonly bytes: Uint8Array;
  readonly takesBytes: boolean;
}

/**
 * The same model as it is loaded, where that is not as it lies in the file. It gives the same numbers.
 *
 * With `byteInput` it has an input of bytes, uint8 `[n, h, w, 3]`, in place of its one input of float pictures: the cast, the mean, the
 * division and the order of the axes are operators of the graph then, which run where the model runs. Sizes that the file declares of outputs, but
 * that are of one size of its open inputs, are left out.
 *
 * @returns Null where the file is loaded as it is.
 * @throws {InferenceError} `model_unusable` where the bytes are no model.
 */
export function rewriteModel(model: Uint8Array, byteInput: ByteInput | undefined): RewrittenModel | null {
  const { inputs, outputs, operators } = parseOnnx(model);
  if (operators.includes('EPContext')) return null; // around an engine, which stands alone in its graph
  const [input, ...others] = inputs;
  const image = readImageInput(input);
  const takesBytes =
    byteInput !== undefined &&
    input !== undefined &&
    image !== null &&
    image.type !== 'uint8' &&
    others.length === 0;
  const newInput = takesBytes ? { input, image, byteInput } : undefined;
  const openOutputs = declaresTooMuch(inputs, outputs);
  if (newInput === undefined && !openOutputs) return null;
  const writer = new BinaryWriter();
  for (const { number, raw, value } of rawFieldsOf(model)) {
    if (number !== field.modelGraph || !(value instanceof Uint8Array)) writer.raw(raw);
    else
      putMessage(writer, number, (inner) => writeGraph(inner, rawFieldsOf(value), { newInput, openOutputs }));
  }
  return { bytes: writer.finish(), takesBytes };
}
