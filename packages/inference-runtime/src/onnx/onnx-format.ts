/**
 * Field numbers of onnx.proto that are read or written here.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export const onnxField = {
  modelIrVersion: 1,
  modelProducer: 2,
  modelGraph: 7,
  modelOpset: 8,
  modelMetadata: 14,
  modelTraining: 20,
  modelFunctions: 25,
  opsetDomain: 1,
  opsetVersion: 2,
  entryKey: 1,
  entryValue: 2,
  graphNode: 1,
  graphName: 2,
  graphInitializer: 5,
  graphInput: 11,
  graphSparseInitializer: 15,
  graphOutput: 12,
  graphValueInfo: 13,
  nodeInput: 1,
  nodeOutput: 2,
  nodeName: 3,
  nodeOpType: 4,
  nodeAttribute: 5,
  nodeDomain: 7,
  attributeName: 1,
  attributeInt: 3,
  attributeString: 4,
  attributeTensor: 5,
  attributeGraph: 6,
  attributeInts: 8,
  attributeTensors: 10,
  attributeGraphs: 11,
  attributeType: 20,
  attributeSparseTensor: 22,
  attributeSparseTensors: 23,
  functionNode: 7,
  sparseValues: 1,
  sparseIndices: 2,
  tensorDims: 1,
  tensorType: 2,
  tensorName: 8,
  tensorRaw: 9,
  tensorExternalData: 13,
  tensorDataLocation: 14,
  valueName: 1,
  valueType: 2,
  functionName: 1,
  functionDomain: 10,
  typeTensor: 1,
  tensorTypeElement: 1,
  tensorTypeShape: 2,
  shapeDim: 1,
  dimValue: 1,
  dimParam: 2,
} as const;

/** Numbers of TensorProto.DataType by ONNX Runtime's names. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

export type ElementType = keyof typeof elementTypes;

const namesByNumber = new Map<number, string>(
  Object.entries(elementTypes).map(([name, number]) => [number, name]),
);

/** The name of a TensorProto.DataType; `other` for what no model here takes. */
export function elementTypeName(number: number): string {
  return namesByNumber.get(number) ?? 'other';
}

/** Whether a name is one that {@link elementTypes} has. */
export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementTypes, name);
}
