import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InferenceError } from '../errors.ts';
import type { TensorInfo } from '../types.ts';
import { elementTypes, onnxField as field, isElementType } from './onnx-format.ts';

/** Writes text or bytes. */
export function put(writer: BinaryWriter, number: number, value: string | Uint8Array): BinaryWriter {
  writer.tag(number, WireType.LengthDelimited);
  return typeof value === 'string' ? writer.string(value) : writer.bytes(value);
}

/** Writes a whole number. */
export function putInt(writer: BinaryWriter, number: number, value: number): BinaryWriter {
  return writer.tag(number, WireType.Varint).int64(value);
}

/** Writes a nested message. */
export function putMessage(
  writer: BinaryWriter,
  number: number,
  write: (writer: BinaryWriter) => void,
): BinaryWriter {
  writer.tag(number, WireType.LengthDelimited).fork();
  write(writer);
  return writer.join();
}

/** AttributeProto.AttributeType. */
export const attributeType = { int: 2, string: 3, ints: 7 } as const;

/** Writes an attribute of a node: a whole number, several of them, or text. */
export function putAttribute(
  node: BinaryWriter,
  name: string,
  value: number | readonly number[] | string,
): void {
  putMessage(node, field.nodeAttribute, (attribute) => {
    put(attribute, field.attributeName, name);
    if (typeof value === 'number') {
      putInt(attribute, field.attributeInt, value);
      putInt(attribute, field.attributeType, attributeType.int);
    } else if (typeof value === 'string') {
      put(attribute, field.attributeString, value);
      putInt(attribute, field.attributeType, attributeType.string);
    } else {
      for (const one of value) putInt(attribute, field.attributeInts, one);
      putInt(attribute, field.attributeType, attributeType.ints);
    }
  });
}

/** An operator of ONNX with one output. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** Writes a node of a graph. */
export function putNode(graph: BinaryWriter, { op, inputs, output, attributes = {} }: OnnxNode): void {
  putMessage(graph, field.graphNode, (node) => {
    for (const input of inputs) put(node, field.nodeInput, input);
    put(node, field.nodeOutput, output);
    put(node, field.nodeOpType, op);
    for (const [name, value] of Object.entries(attributes)) putAttribute(node, name, value);
  });
}

/** Writes a float32 constant of a graph, without an axis. */
export function putScalar(graph: BinaryWriter, name: string, value: number): void {
  putMessage(graph, field.graphInitializer, (tensor) => {
    putInt(tensor, field.tensorType, elementTypes.float32);
    put(tensor, field.tensorName, name);
    put(tensor, field.tensorRaw, new Uint8Array(Float32Array.of(value).buffer));
  });
}

/**
 * Writes an input or output of a graph (a ValueInfoProto).
 *
 * @throws {InferenceError} `invalid_options` for an element type that ONNX does not have.
 */
export function putValueInfo(graph: BinaryWriter, number: number, { name, type, dims }: TensorInfo): void {
  if (!isElementType(type)) {
    const known = Object.keys(elementTypes).join(', ');
    throw new InferenceError(
      'invalid_options',
      `${name}: expected an element type of ${known} but received ${type}`,
    );
  }
  putMessage(graph, number, (info) => {
    put(info, field.valueName, name);
    putMessage(info, field.valueType, (of) => {
      putMessage(of, field.typeTensor, (tensor) => {
        putInt(tensor, field.tensorTypeElement, elementTypes[type]);
        putMessage(tensor, field.tensorTypeShape, (shape) => {
          for (const dim of dims) {
            putMessage(shape, field.shapeDim, (axis) => {
              if (typeof dim === 'string') put(axis, field.dimParam, dim);
              else if (dim >= 0) putInt(axis, field.dimValue, dim);
            });
          }
        });
      });
    });
  });
}

/** Writes what a model begins with: its IR version, who made it, and the operator sets. */
export function putModelHead(model: BinaryWriter, opsets: Readonly<Record<string, number>>): void {
  putInt(model, field.modelIrVersion, 8);
  put(model, field.modelProducer, 'trinetra');
  for (const [domain, version] of Object.entries(opsets)) {
    putMessage(model, field.modelOpset, (opset) => {
      put(opset, field.opsetDomain, domain);
      putInt(opset, field.opsetVersion, version);
    });
  }
}
