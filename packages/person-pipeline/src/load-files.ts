import { detectorByteInput } from '@trinetra/detector';
import { embedderByteInput } from '@trinetra/embedder';
import { faceByteInput } from '@trinetra/face-aligner';
import {
  type InferenceModel,
  type InferenceRuntime,
  type LoadModelOptions,
  nameOfStep,
} from '@trinetra/inference-runtime';
import { PersonPipelineError } from './errors.ts';
import { type ModelRole, roleOf } from './model-role.ts';
import type { EngineObserver } from './observer.ts';
import type { LoadModelsOptions, OptionNames } from './options.ts';

/** The files as they were loaded. */
export interface LoadedModels {
  readonly detector: InferenceModel;
  readonly face: InferenceModel | null;
  readonly embedder: InferenceModel;
}

/** The option that names the file of each role. */
const optionOf: Readonly<Record<ModelRole, keyof OptionNames>> = {
  detector: 'detectorPath',
  face: 'facePath',
  embedder: 'embedderPath',
};

/** Refuses a model that is one of the others; one that is none of them is for its stage to refuse. */
function assertRole(name: ModelRole, { info }: InferenceModel, names: OptionNames): void {
  const { role } = roleOf(info.path, { ...info, inputs: info.fileInputs });
  if (role === null || role === name) return;
  const what = { detector: 'a detector', face: 'a face model', embedder: 'an embedder' };
  throw new PersonPipelineError(
    'model_mismatch',
    `${names[optionOf[name]]}: expected ${what[name]} but ${info.path} is ${what[role]}: name it in ${names[optionOf[role]]}`,
  );
}

/** Tells what runs, and each step that failed before it. */
function tellLoaded(name: ModelRole, { info }: InferenceModel, observer: EngineObserver): void {
  const { provider, precision, sha256, fallback } = info;
  observer.setModelInfo?.({ model: name, provider, precision, sha256 });
  const steps = fallback?.steps ?? [];
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const to = next === undefined ? (fallback?.to ?? '') : nameOfStep(next);
    observer.fallback?.(name, nameOfStep(step), to, step.reason);
  }
}

/** A batch whose persons are found is finished before another is begun: else it would hold its place in the pipeline meanwhile. */
const laterStage: LoadModelOptions = { priority: 1 };

/**
 * Loads the files of the models, one after the other.
 *
 * @throws {PersonPipelineError} `model_mismatch` where a file is the model of another role; what `loadModel` throws.
 */
export async function loadFiles(
  runtime: InferenceRuntime,
  options: LoadModelsOptions,
  names: OptionNames,
  observer: EngineObserver,
): Promise<LoadedModels> {
  const load = async (name: ModelRole, path: string, how: LoadModelOptions): Promise<InferenceModel> => {
    const model = await runtime.loadModel(path, { profile: true, ...how });
    assertRole(name, model, names);
    tellLoaded(name, model, observer);
    return model;
  };
  const { detectorPath, embedderPath, facePath, facePixels } = options;
  const detector = await load('detector', detectorPath, { byteInput: detectorByteInput });
  const embedder = await load('embedder', embedderPath, {
    ...laterStage,
    byteInput: (description) => embedderByteInput(description, facePixels),
  });
  const face =
    facePath === undefined ? null : await load('face', facePath, { ...laterStage, byteInput: faceByteInput });
  return { detector, face, embedder };
}
