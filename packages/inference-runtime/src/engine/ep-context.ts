import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InferenceError } from '../errors.ts';
import { onnxField as field } from '../onnx/onnx-format.ts';
import { attributeType, put, putAttribute, putInt, putModelHead, putValueInfo } from '../onnx/onnx-writer.ts';
import type { TensorInfo } from '../types.ts';

/** What the model around an engine says. */
export interface EpContextOptions {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Compute capability that the engine was built for, such as `86`; ONNX Runtime warns where the GPU has another. */
  readonly hardwareArchitecture?: string | undefined;
  /** ONNX metadata_props. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of a model around an engine of `engineBytes`: `head`, then the engine, and nothing after it. */
export interface EmbeddedEpContext {
  readonly head: Uint8Array;
  readonly engineBytes: number;
}

/** Largest protobuf message; ONNX Runtime refuses larger files, and so does every other reader. */
const maxModelBytes = 2 ** 31 - 1;

/** Tag and length of a nested message or of bytes that are not written here. */
function opened(number: number, length: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
}

function nodeHead(options: EpContextOptions, embed: boolean): BinaryWriter {
  const node = new BinaryWriter();
  for (const { name } of options.inputs) put(node, field.nodeInput, name);
  for (const { name } of options.outputs) put(node, field.nodeOutput, name);
  put(node, field.nodeName, 'engine');
  put(node, field.nodeOpType, 'EPContext');
  put(node, field.nodeDomain, 'com.microsoft');
  putAttribute(node, 'main_context', 1);
  putAttribute(node, 'embed_mode', embed ? 1 : 0);
  putAttribute(node, 'source', 'TensorrtExecutionProvider');
  const { hardwareArchitecture } = options;
  if (hardwareArchitecture !== undefined) putAttribute(node, 'hardware_architecture', hardwareArchitecture);
  return node;
}

/** Everything of the model but its node, and everything of the graph but its node. */
function modelHead({ metadata = {} }: EpContextOptions): Uint8Array {
  const model = new BinaryWriter();
  putModelHead(model, { '': 17, 'com.microsoft': 1 });
  for (const [key, value] of Object.entries(metadata)) {
    model.tag(field.modelMetadata, WireType.LengthDelimited).fork();
    put(put(model, field.entryKey, key), field.entryValue, value);
    model.join();
  }
  return model.finish();
}

function graphHead({ inputs, outputs }: EpContextOptions): Uint8Array {
  const graph = new BinaryWriter();
  put(graph, field.graphName, 'engine');
  for (const input of inputs) putValueInfo(graph, field.graphInput, input);
  for (const output of outputs) putValueInfo(graph, field.graphOutput, output);
  return graph.finish();
}

/**
 * An ONNX model of one EPContext node that names the engine's file, which lies beside the model or below it: ONNX Runtime
 * allows neither an absolute path nor `..`.
 *
 * @throws {InferenceError} `invalid_options` for a path that leads out of the folder of the model.
 * @see https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html
 */
export function referencingEpContext(options: EpContextOptions, engineFile: string): Uint8Array {
  if (engineFile.startsWith('/') || engineFile.includes('..') || engineFile === '') {
    throw new InferenceError(
      'invalid_options',
      `engineFile: expected a path below the folder of the model but received ${engineFile}`,
    );
  }
  const node = nodeHead(options, false);
  putAttribute(node, 'ep_cache_context', engineFile);
  const nodeBytes = node.finish();
  const graph = new BinaryWriter().raw(graphHead(options));
  put(graph, field.graphNode, nodeBytes);
  return put(new BinaryWriter().raw(modelHead(options)), field.modelGraph, graph.finish()).finish();
}

/**
 * An ONNX model of one EPContext node that holds the engine. The engine comes last in its bytes, so that the file can be
 * read straight into place: no copy is made of it here.
 *
 * @throws {InferenceError} `invalid_options` where the model would pass the 2 GiB of a protobuf message.
 */
export function embeddingEpContext(options: EpContextOptions, engineBytes: number): EmbeddedEpContext {
  const inAttribute = put(new BinaryWriter(), field.attributeName, 'ep_cache_context');
  putInt(inAttribute, field.attributeType, attributeType.string);
  let head = Buffer.concat([inAttribute.finish(), opened(field.attributeString, engineBytes)]);
  const around: readonly [Uint8Array, number][] = [
    [nodeHead(options, true).finish(), field.nodeAttribute],
    [graphHead(options), field.graphNode],
    [modelHead(options), field.modelGraph],
  ];
  for (const [before, number] of around) {
    head = Buffer.concat([before, opened(number, Math.min(head.length + engineBytes, maxModelBytes)), head]);
  }
  const total = head.length + engineBytes;
  if (total > maxModelBytes) {
    throw new InferenceError(
      'invalid_options',
      `engine: expected less than 2 GiB to embed but received ${engineBytes} bytes`,
    );
  }
  return { head, engineBytes };
}
