import { compareHeads, createDetector } from '@trinetra/detector';
import { createEmbedder, facePixelRange } from '@trinetra/embedder';
import { facePixelRange as rangeOfFaceModel } from '@trinetra/face-aligner';
import type { CompareOutput, InferenceModel, PictureOptions } from '@trinetra/inference-runtime';
import { type ModelRole, roleOf } from '@trinetra/model-roles';
import { UsageError } from '../exit-code.ts';
import { toldPixels } from './told-pixels.ts';

/** What a model is for, and how it is fed and compared. */
export interface ModelKind {
  readonly name: ModelRole;
  readonly picture: PictureOptions;
  readonly compare?: CompareOutput;
  /** What is probably not meant with it, at the default settings. */
  readonly warnings?: readonly string[];
}

const kinds: Readonly<Record<ModelRole, (model: InferenceModel) => Omit<ModelKind, 'name'>>> = {
  detector: (model) => {
    const { inputSize: size, warnings } = createDetector({ model });
    return { picture: { range: [0, 1], size }, compare: compareHeads, warnings };
  },
  embedder: (model) => {
    const range = facePixelRange(createEmbedder({ model, pixels: toldPixels() }).input.pixels);
    return { picture: { range, size: { width: 112, height: 112 } } };
  },
  face: ({ info }) => ({ picture: { range: rangeOfFaceModel(info) } }),
};

/**
 * Tells what a model is for by what the stages of the worker accept.
 *
 * @throws {UsageError} with what each of them expected and found.
 */
export function kindOf(model: InferenceModel): ModelKind {
  const answer = roleOf(model.info.path, { ...model.info, inputs: model.info.fileInputs });
  if (answer.role !== null) return { name: answer.role, ...kinds[answer.role](model) };
  throw new UsageError(`this is no model of the worker:\n  ${answer.reasons.join('\n  ')}`);
}
