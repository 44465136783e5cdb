import { setImmediate } from 'node:timers/promises';
import {
  type Point,
  type Result,
  type RgbImage,
  silentLogger,
  stretchOf,
  type Xyxy,
} from '@trinetra/contracts';
import { createSizedRunner, paddedSize } from '@trinetra/inference-runtime';
import { alignCandidate, type FaceResult } from './aligned-face.ts';
import { assignFaces } from './assign-faces.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { readFaceModel } from './face-model.ts';
import { createFindFaces, type PersonInImage } from './find-faces.ts';
import { cropHead } from './head-crop.ts';
import { mapLandmarks } from './map-landmarks.ts';
import { type FaceAlignerOptions, readFaceAlignerOptions } from './options.ts';

/** Crops a run, at most, where the model leaves it open and no options say it: bounds the memory of a crowd. */
const defaultCropsPerRun = 4;

/** A picture and the persons in it. */
export interface AlignInput {
  readonly image: RgbImage;
  /** `[x1, y1, x2, y2]` in the pixels of the image. */
  readonly persons: readonly Xyxy[];
}

export interface FaceAligner {
  /** Crops a run, at most; 0 without a model. */
  readonly cropsPerRun: number;
  /**
   * Finds and aligns the face of each person, and answers for each, in the order of the pictures and persons. The persons of all
   * pictures share the runs: on a GPU a run of 16 crops takes little longer than one of 4. No two persons of a picture get the
   * same face. A run that fails is halved, and costs only the persons whose own crop fails; where memory ran out, later runs
   * have the size that fits. Where the image's `pixelAspectRatio` tells that it was squashed, faces are looked for and aligned
   * in its true proportions; coordinates stay pixels of the image.
   *
   * @throws {RangeError} for a `pixelAspectRatio` that is not above 0; the signal's reason when it is aborted.
   */
  align(
    pictures: readonly AlignInput[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<FaceResult[][]>;
}

function stretchBox([x1, y1, x2, y2]: Xyxy, [x, y]: Point): Xyxy {
  return [x1 * x, y1 * y, x2 * x, y2 * y];
}

/** In the true proportions of a squashed image, where distances mean something. */
function stretchFace(face: FaceCandidate, stretch: Point): FaceCandidate {
  const move = (point: Point): Point => [point[0] * stretch[0], point[1] * stretch[1]];
  return { ...face, bbox: stretchBox(face.bbox, stretch), landmarks: mapLandmarks(face.landmarks, move) };
}

/**
 * Makes a face aligner over a loaded YuNet or SCRFD model.
 *
 * @throws {FaceAlignerError} `model_mismatch` for another kind of model, `invalid_options` for options out of range.
 * @example
 * const aligner = createFaceAligner({ model: await runtime.loadModel('yunet.onnx') });
 * const [[face] = []] = await aligner.align([{ image, persons: [[100, 50, 260, 370]] }]);
 */
export function createFaceAligner(options: FaceAlignerOptions): FaceAligner {
  const {
    model,
    logger = silentLogger,
    observer,
    fallback,
    scoreThreshold,
    minFacePx,
    runSizes,
    maxCropsPerRun,
  } = readFaceAlignerOptions(options);
  if (model === null) {
    return {
      cropsPerRun: 0,
      align: async (pictures) =>
        pictures.map(({ image, persons }) =>
          persons.map((person) =>
            fallback === 'head-crop' ? cropHead(image, person, minFacePx) : { ok: false, reason: 'not_run' },
          ),
        ),
    };
  }
  const faceModel = readFaceModel(model);
  const findFaces = createFindFaces(model, faceModel, scoreThreshold);
  const { fixedBatch } = faceModel;
  const runner = createSizedRunner({
    maxSize: fixedBatch ?? maxCropsPerRun ?? Math.max(defaultCropsPerRun, ...(runSizes ?? [])),
    minSize: fixedBatch ?? 1,
    sizes: runSizes,
    onError: 'halve',
    observer,
  });

  /** Gives the persons of a picture the faces that were found in their crops. */
  function choose({ image, persons }: AlignInput, found: readonly Result<FaceCandidate[]>[]): FaceResult[] {
    const candidates = found.map((result) => (result.ok ? result.value : []));
    const stretch = stretchOf(image);
    const choice = assignFaces(
      persons.map((person) => stretchBox(person, stretch)),
      candidates.map((list) => list.map((face) => stretchFace(face, stretch))),
    );
    return persons.map((_, person): FaceResult => {
      const attempt = found[person];
      if (attempt?.ok === false) return { ...attempt, reason: 'failed' };
      const face = candidates[person]?.[choice[person] ?? -1];
      return face === undefined ? { ok: false, reason: 'no_face' } : alignCandidate(image, face, minFacePx);
    });
  }

  const align: FaceAligner['align'] = async (pictures, { signal } = {}) => {
    const everybody = pictures.flatMap(({ image, persons }) => {
      stretchOf(image); // throws before the model runs
      return persons.map((person): PersonInImage => ({ image, person }));
    });
    const found = await runner.run(
      everybody,
      (part) => findFaces(part, { signal, batch: paddedSize(part.length, runSizes, runner.limit) }),
      signal,
    );
    const problems = found.flatMap((result) => (result.ok ? [] : [result.error]));
    if (problems.length > 0) {
      const context = { failed: problems.length, persons: everybody.length, err: problems[0] };
      logger.warn(context, 'the face model failed on some persons');
    }
    const results: FaceResult[][] = [];
    let next = 0;
    for (const picture of pictures) {
      // A crowd takes milliseconds a picture: who waits for the event loop gets a turn between them.
      if (results.length > 0) await setImmediate();
      results.push(choose(picture, found.slice(next, next + picture.persons.length)));
      next += picture.persons.length;
    }
    return results;
  };
  return { align, cropsPerRun: runner.limit };
}
