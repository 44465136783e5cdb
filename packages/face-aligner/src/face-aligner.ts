import { type RgbImage, silentLogger, type Xyxy } from '@trinetra/contracts';
import { createSizedRunner, paddedSize } from '@trinetra/inference-runtime';
import { alignFace, type OriginalSize, stretchOf } from './align-face.ts';
import { assignFaces } from './assign-faces.ts';
import { readFaceModel } from './face-model.ts';
import type { FaceResult } from './face-result.ts';
import { createFindFaces } from './find-faces.ts';
import { cropHead } from './head-crop.ts';
import { type FaceAlignerOptions, parseFaceAlignerOptions } from './options.ts';

/** Crops a run, at most, where the model leaves it open: bounds the memory of a crowd. */
const maxCropsPerRun = 4;

export interface AlignOptions {
  /**
   * Size of the camera's picture, px, where the image was squashed: faces are looked for and aligned in its
   * proportions. Coordinates stay pixels of the image as given.
   */
  readonly originalSize?: OriginalSize;
  readonly signal?: AbortSignal;
}

export interface FaceAligner {
  /**
   * Finds and aligns the face of each person; one result a person, in order. No two persons get the same face. A run
   * that fails is halved, and costs only the persons whose own crop fails; where memory ran out, later runs have the size
   * that fits.
   *
   * @throws {RangeError} for an `originalSize` that is not above 0; the signal's reason when it is aborted.
   */
  align(image: RgbImage, persons: readonly Xyxy[], options?: AlignOptions): Promise<FaceResult[]>;
}

/**
 * Makes a face aligner over a loaded YuNet or SCRFD model.
 *
 * @throws {FaceAlignerError} `model_mismatch` for another kind of model, `invalid_options` for options out of range.
 * @example
 * const aligner = createFaceAligner({ model: await runtime.loadModel('yunet.onnx') });
 * const [face] = await aligner.align(image, [[100, 50, 260, 370]]);
 */
export function createFaceAligner(options: FaceAlignerOptions): FaceAligner {
  const { model, logger = silentLogger, observer, ...given } = options;
  const { fallback, scoreThreshold, minFacePx, runSizes } = parseFaceAlignerOptions(given);
  if (model === null) {
    return {
      align: async (image, persons, { originalSize } = {}) =>
        persons.map((person) =>
          fallback === 'head-crop'
            ? cropHead(image, person, minFacePx, originalSize)
            : { found: false, reason: 'not_run' },
        ),
    };
  }
  const faceModel = readFaceModel(model);
  const findFaces = createFindFaces(model, faceModel, scoreThreshold);
  const { fixedBatch } = faceModel;
  const runner = createSizedRunner({
    maxSize: fixedBatch ?? maxCropsPerRun,
    minSize: fixedBatch ?? 1,
    sizes: runSizes,
    onError: 'halve',
    observer,
  });

  return {
    align: async (image, persons, { originalSize, signal } = {}) => {
      const [stretchX, stretchY] = stretchOf(image, originalSize);
      const stretch = stretchX / stretchY;
      const found = await runner.run(
        persons,
        (part) => {
          const batch = paddedSize(part.length, runSizes, runner.limit);
          return findFaces(image, part, { stretch, signal, batch });
        },
        signal,
      );
      const problems = found.flatMap((attempt) => (attempt.ok ? [] : [attempt.error]));
      if (problems.length > 0) {
        const context = { failed: problems.length, persons: persons.length, err: problems[0] };
        logger.warn(context, 'the face model failed on some persons');
      }
      const candidates = found.map((attempt) => (attempt.ok ? attempt.value : []));
      const choice = assignFaces(persons, candidates);
      return persons.map((_, person): FaceResult => {
        if (found[person]?.ok === false) return { found: false, reason: 'failed' };
        const face = candidates[person]?.[choice[person] ?? -1];
        if (face === undefined) return { found: false, reason: 'no_face' };
        if (face.bbox[2] - face.bbox[0] < minFacePx) return { found: false, reason: 'too_small' };
        const aligned = alignFace(image, face.landmarks, originalSize);
        return aligned === null ? { found: false, reason: 'no_face' } : { found: true, ...face, aligned };
      });
    },
  };
}
