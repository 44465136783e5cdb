import { compareHeads, createDetector, detectorSamplePicture } from '@trinetra/detector';
import { createEmbedder, embedderSamplePicture } from '@trinetra/embedder';
import { faceSamplePicture } from '@trinetra/face-aligner';
import type { CompareOutput, InferenceModel, PictureOptions } from '@trinetra/inference-runtime';
import { type ModelRole, roleOf } from '@trinetra/person-pipeline';
import { UsageError } from '@trinetra/program';
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
  detector: (model) => ({
    picture: detectorSamplePicture(model.info),
    compare: compareHeads,
    warnings: createDetector({ model }).warnings,
  }),
  embedder: (model) => ({
    picture: embedderSamplePicture(createEmbedder({ model, pixels: toldPixels() })),
  }),
  face: ({ info }) => ({ picture: faceSamplePicture(info) }),
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
