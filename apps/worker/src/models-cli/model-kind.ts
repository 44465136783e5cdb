import { TrinetraError } from '@trinetra/contracts';
import { compareHeads, createDetector } from '@trinetra/detector';
import { createEmbedder, facePixelRange } from '@trinetra/embedder';
import { createFaceAligner } from '@trinetra/face-aligner';
import type { CompareOutput, InferenceModel, PictureOptions } from '@trinetra/inference-runtime';
import { UsageError } from '../exit-code.ts';

/** What a model is for, and how it is fed and compared. */
export interface ModelKind {
  readonly name: 'detector' | 'embedder' | 'face';
  readonly picture: PictureOptions;
  readonly compare?: CompareOutput;
  /** What is probably not meant with it, at the default settings. */
  readonly warnings?: readonly string[];
}

function detectorKind(model: InferenceModel): ModelKind {
  const { inputSize: size, warnings } = createDetector({ model });
  return { name: 'detector', picture: { range: [0, 1], size }, compare: compareHeads, warnings };
}

function embedderKind(model: InferenceModel): ModelKind {
  const { input } = createEmbedder({ model });
  const range = facePixelRange(input.pixels);
  return { name: 'embedder', picture: { range, size: { width: 112, height: 112 } } };
}

function faceKind(model: InferenceModel): ModelKind {
  createFaceAligner({ model });
  return { name: 'face', picture: { range: [0, 255] } };
}

/**
 * Tells what a model is for by what the stages of the worker accept.
 *
 * @throws {UsageError} with what each of them expected and found.
 */
export function kindOf(model: InferenceModel): ModelKind {
  const refusals: string[] = [];
  for (const kind of [faceKind, embedderKind, detectorKind]) {
    try {
      return kind(model);
    } catch (error) {
      if (!TrinetraError.isInstance(error)) throw error;
      refusals.push(error.message);
    }
  }
  throw new UsageError(`this is no model of the worker:\n  ${refusals.join('\n  ')}`);
}
