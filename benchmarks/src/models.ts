import { fileURLToPath } from 'node:url';
import { describeOnnxFile } from '@trinetra/inference-runtime';

/** Paths of the models that every scenario of a run takes. */
export interface ModelPaths {
  readonly detector: string;
  readonly face: string;
  readonly embedder: string;
}

/** The project's small models for generated scenes. */
export const demoModels: string = fileURLToPath(new URL('../../tools/demo-models/models', import.meta.url));

/** Whether a detector takes pictures of any height and width. */
export async function hasOpenSides(detector: string): Promise<boolean> {
  const [input] = (await describeOnnxFile(detector)).inputs;
  return input?.dims.slice(2).every((size) => typeof size !== 'number' || size <= 0) ?? false;
}

/** The models as the worker's environment names them. */
export function modelEnv(models: ModelPaths): Record<string, string> {
  return {
    YOLO_ENGINE_PATH: models.detector,
    FACE_MODEL_PATH: models.face,
    ARCFACE_ENGINE_PATH: models.embedder,
  };
}
