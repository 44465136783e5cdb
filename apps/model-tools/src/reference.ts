import {
  createInferenceRuntime,
  type GoldenCase,
  type InferenceModel,
  makeGolden,
} from '@trinetra/inference-runtime';
import { kindOf, type ModelKind } from './model-kind.ts';

/** A model in full precision on the CPU: what others are compared with. */
export interface Reference extends AsyncDisposable {
  readonly model: InferenceModel;
  readonly kind: ModelKind;
  /** What it gives for the sample picture of that number. */
  golden(seed: number): Promise<GoldenCase>;
}

/** @throws where the file cannot be loaded or is no model of the worker. */
export async function loadReference(onnx: string): Promise<Reference> {
  const runtime = await createInferenceRuntime({ runTimeoutMs: 120_000 });
  try {
    const model = await runtime.loadModel(onnx);
    const kind = kindOf(model);
    return {
      model,
      kind,
      golden: (seed) => makeGolden(model, { ...kind.picture, seed }),
      [Symbol.asyncDispose]: () => runtime.close(),
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
