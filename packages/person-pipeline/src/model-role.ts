import { TrinetraError } from '@trinetra/contracts';
import { createDetector } from '@trinetra/detector';
import { createEmbedder } from '@trinetra/embedder';
import { createFaceAligner } from '@trinetra/face-aligner';
import {
  companionsOf,
  describeOnnxFile,
  InferenceError,
  type InferenceModel,
  inspectModel,
  type ModelInfo,
} from '@trinetra/inference-runtime';

/** Role of a model in the worker. */
export type ModelRole = 'detector' | 'face' | 'embedder';

/** The role of a model; null for none, with what each stage expected and found. */
export type RoleAnswer =
  | {
      readonly role: ModelRole;
      /** Of a detector: warnings at the default settings. */
      readonly warnings?: readonly string[];
    }
  | { readonly role: null; readonly reasons: readonly string[] };

/** A model as its file describes it. */
export type FileDescription = Pick<ModelInfo, 'inputs' | 'outputs' | 'metadata'>;

/** Checked in this order: a face finder is no detector of persons. */
const stages: readonly ((model: InferenceModel) => RoleAnswer)[] = [
  (model) => {
    createFaceAligner({ model });
    return { role: 'face' };
  },
  (model) => {
    createEmbedder({ model });
    return { role: 'embedder' };
  },
  (model) => {
    const { warnings } = createDetector({ model });
    return { role: 'detector', ...(warnings.length > 0 && { warnings }) };
  },
];

/** A model from a file's description, which no stage can run. */
function described(path: string, { inputs, outputs, metadata }: FileDescription): InferenceModel {
  const close = async (): Promise<void> => undefined;
  return {
    info: {
      requestedPath: path,
      path,
      provider: 'none',
      precision: 'unknown',
      sha256: '',
      inputs,
      fileInputs: inputs,
      outputs,
      metadata,
      operators: [],
      pixels: null,
      sidecar: {},
    },
    run: () => Promise.reject(new InferenceError('closed', `the model ${path} is not loaded`)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Finds a model's role by what the worker's stages accept: by inputs, outputs and metadata, not by name. */
export function roleOf(path: string, description: FileDescription): RoleAnswer {
  const model = described(path, description);
  const reasons: string[] = [];
  for (const create of stages) {
    try {
      return create(model);
    } catch (error) {
      if (!TrinetraError.isInstance(error)) throw error;
      reasons.push(error.message);
    }
  }
  return { role: null, reasons };
}

/**
 * Reads the description in a model's file without loading it. An engine tells less than the `.onnx` beside it.
 *
 * @returns Null for an engine of which nothing tells the inputs and outputs.
 * @throws {InferenceError} `model_not_found`, `model_unusable` or `model_load_failed`.
 */
export async function describeFile(path: string): Promise<FileDescription | null> {
  if (!path.endsWith('.engine')) return describeOnnxFile(path);
  const { inputs, outputs, metadata } = await inspectModel(path);
  if (inputs === null || outputs === null) return null;
  const beside = await describeOnnxFile((await companionsOf(path)).onnx).catch(() => null);
  return { inputs, outputs, metadata: { ...beside?.metadata, ...metadata } };
}

/** As {@link roleOf}, of a file. @throws as {@link describeFile}. */
export async function roleOfFile(path: string): Promise<RoleAnswer> {
  const description = await describeFile(path);
  if (description !== null) return roleOf(path, description);
  return { role: null, reasons: ['nothing tells its inputs and outputs: put its .onnx beside it'] };
}
