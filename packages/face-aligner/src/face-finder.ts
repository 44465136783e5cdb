import { type RgbImage, stretchOf } from '@trinetra/contracts';
import type { InferenceModel } from '@trinetra/inference-runtime';
import { alignCandidate, type FaceResult } from './aligned-face.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { readFaceModel } from './face-model.ts';
import { createFindFaces } from './find-faces.ts';
import { type FaceAlignerOptions, readFaceFinderOptions } from './options.ts';

/** As for {@link createFaceAligner}. */
export type FaceFinderOptions = Pick<FaceAlignerOptions, 'scoreThreshold' | 'minFacePx'> & {
  readonly model: InferenceModel;
};

/** Finds faces in pictures of faces, where nobody has found the persons. */
export interface FaceFinder {
  /**
   * The faces of a picture, the largest first, 4 at most; the whole picture is looked at as the box of one person is, in the size of
   * the model's input (320 px mostly). Faces that are too small, or cannot be aligned, are failures.
   *
   * @throws {RangeError} for a `pixelAspectRatio` that is not above 0; what the model's `run` throws; the signal's reason.
   */
  find(image: RgbImage, options?: { readonly signal?: AbortSignal }): Promise<FaceResult[]>;
}

const areaOf = ({ bbox: [x1, y1, x2, y2] }: FaceCandidate): number => (x2 - x1) * (y2 - y1);

/**
 * Makes a finder of faces over a loaded YuNet or SCRFD model. It finds and aligns as {@link createFaceAligner} does.
 *
 * @throws {FaceAlignerError} `model_mismatch` for another kind of model, `invalid_options` for options out of range.
 * @example
 * const finder = createFaceFinder({ model: await runtime.loadModel('yunet.onnx', { byteInput: faceByteInput }) });
 * const [largest] = await finder.find(image);
 */
export function createFaceFinder(options: FaceFinderOptions): FaceFinder {
  const { model, scoreThreshold, minFacePx } = readFaceFinderOptions(options);
  const findFaces = createFindFaces(model, readFaceModel(model), scoreThreshold);
  return {
    find: async (image, { signal } = {}) => {
      stretchOf(image); // throws before the model runs
      const person = [0, 0, image.width, image.height] as const;
      const [faces = []] = await findFaces([{ image, person }], { signal, batch: 1 });
      return faces
        .toSorted((a, b) => areaOf(b) - areaOf(a))
        .map((face) => alignCandidate(image, face, minFacePx));
    },
  };
}
