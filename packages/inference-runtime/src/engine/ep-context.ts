import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InferenceError } from '../errors.ts';
import { onnxField as field } from '../onnx/onnx-format.ts';
import {
  attributeType,
  put,
  putAttribute,
  putInt,
  putMessage,
  putModelHead,
  putValueInfo,
} from '../onnx/onnx-writer.ts';
import type { ModelInfo } from '../types.ts';

/** What the model around an engine says. */
export interface EpContextOptions extends Pick<ModelInfo, 'inputs' | 'outputs'> {
  /** Compute capability that the engine was built for, such as `86`; ONNX Runtime warns where the GPU has another. */
  readonly hardwareArchitecture?: string | undefined;
  /** ONNX metadata_props. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Largest protobuf message; ONNX Runtime refuses larger files, and so does every other reader. */
const maxModelBytes = 2 ** 31 - 1;

/** Tag and length of a nested message or of bytes that are not written here. */
function opened(number: number, length: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
}

/** Everything of the node but the attribute with its engine. */
function nodeHead({ inputs, outputs, hardwareArchitecture }: EpContextOptions, embed: boolean): Uint8Array {
  const node = new BinaryWriter();
  for (const { name } of inputs) put(node, field.nodeInput, name);
  for (const { name } of outputs) put(node, field.nodeOutput, name);
  put(node, field.nodeName, 'engine');
  put(node, field.nodeOpType, 'EPContext');
  put(node, field.nodeDomain, 'com.microsoft');
  putAttribute(node, 'main_context', 1);
  putAttribute(node, 'embed_mode', embed ? 1 : 0);
  putAttribute(node, 'source', 'TensorrtExecutionProvider');
  if (hardwareArchitecture !== undefined) putAttribute(node, 'hardware_architecture', hardwareArchitecture);
  return node.finish();
}

/** Everything of the model but its graph. */
function modelHead({ metadata = {} }: EpContextOptions): Uint8Array {
  const model = new BinaryWriter();
  putModelHead(model, { '': 17, 'com.microsoft': 1 });
  for (const [key, value] of Object.entries(metadata)) {
    putMessage(model, field.modelMetadata, (entry) => {
      put(put(entry, field.entryKey, key), field.entryValue, value);
    });
  }
  return model.finish();
}

/** Everything of the graph but its node. */
function graphHead({ inputs, outputs }: EpContextOptions): Uint8Array {
  const graph = new BinaryWriter();
  put(graph, field.graphName, 'engine');
  for (const input of inputs) putValueInfo(graph, field.graphInput, input);
  for (const output of outputs) putValueInfo(graph, field.graphOutput, output);
  return graph.finish();
}

/** The bytes of a model up to the content of its engine's attribute, `contentBytes` long, with which it ends. */
function headOf(options: EpContextOptions, embed: boolean, contentBytes: number): Buffer {
  const inAttribute = put(new BinaryWriter(), field.attributeName, 'ep_cache_context');
  putInt(inAttribute, field.attributeType, attributeType.string);
  let head = Buffer.concat([inAttribute.finish(), opened(field.attributeString, contentBytes)]);
  const around: readonly [Uint8Array, number][] = [
    [nodeHead(options, embed), field.nodeAttribute],
    [graphHead(options), field.graphNode],
    [modelHead(options), field.modelGraph],
  ];
  for (const [before, number] of around) {
    head = Buffer.concat([before, opened(number, Math.min(head.length + contentBytes, maxModelBytes)), head]);
  }
  return head;
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
  const name = Buffer.from(engineFile);
  return Buffer.concat([headOf(options, false, name.length), name]);
}

/**
 * An ONNX model of one EPContext node that holds the engine: the bytes before the engine, with which the file ends, so
 * that it can be read straight into place: no copy is made of it here.
 *
 * @throws {InferenceError} `invalid_options` where the model would pass the 2 GiB of a protobuf message.
 */
export function embeddingEpContext(options: EpContextOptions, engineBytes: number): Uint8Array {
  const head = headOf(options, true, engineBytes);
  if (head.length + engineBytes > maxModelBytes) {
    throw new InferenceError(
      'invalid_options',
      `engine: expected less than 2 GiB to embed but received ${engineBytes} bytes`,
    );
  }
  return head;
}
