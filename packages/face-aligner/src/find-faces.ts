import type { RgbImage, Xyxy } from '@trinetra/contracts';
import { createFeedMemory, type InferenceModel, imageFeed } from '@trinetra/inference-runtime';
import { valuesPerCrop } from './crop-format.ts';
import type { FaceCandidate } from './face-candidate.ts';
import type { FaceModel } from './face-model.ts';
import { mapLandmarks } from './map-landmarks.ts';
import { type CropGeometry, writePersonCrop } from './person-crop.ts';

/** Buffers kept for the next runs: a crop is 0.3 MB at 320 px, or 1.2 MB of float32, and a run has 4, on GPUs 16, at most. */
const maxSpareBuffers = 8;

/** A person, and where to look for the face. */
export interface PersonInImage {
  readonly image: RgbImage;
  readonly person: Xyxy;
}

/** Finds the faces in the boxes of some persons with one run of the model. */
type FindFaces = (
  persons: readonly PersonInImage[],
  options: {
    /** Crops that the run is padded to, where the model leaves it open. */
    readonly batch: number;
    readonly signal?: AbortSignal | undefined;
  },
) => Promise<FaceCandidate[][]>;

/** From the pixels of a crop to those of the image. */
function toImage({ bbox, landmarks, score }: FaceCandidate, crop: CropGeometry): FaceCandidate {
  const x = (value: number): number => value / crop.scaleX + crop.x;
  const y = (value: number): number => value / crop.scaleY + crop.y;
  return {
    bbox: [x(bbox[0]), y(bbox[1]), x(bbox[2]), y(bbox[3])],
    landmarks: mapLandmarks(landmarks, (point) => [x(point[0]), y(point[1])]),
    score,
  };
}

/**
 * Makes the function that runs `model`. It keeps the memory of a run, which the inference thread shares, for the next:
 * crops are written into new memory only where more runs overlap than before.
 */
export function createFindFaces(model: InferenceModel, face: FaceModel, threshold: number): FindFaces {
  const { format, input, fixedBatch, tensorType } = face;
  const { width, height } = format;
  const values = valuesPerCrop(format);
  const memory = createFeedMemory({ type: tensorType, itemLength: values, maxSpare: maxSpareBuffers });

  return async (persons, { signal, batch: padded }) => {
    const batch = fixedBatch ?? padded;
    const tensor = memory.take(batch);
    const crops = persons.map(({ image, person }, index) =>
      writePersonCrop(image, person, format, tensor, index),
    );
    memory.clear(tensor, persons.length);
    const feed = imageFeed(input, tensor, [batch, 3, height, width], { divisor: 1 });
    const options = { signal, floatOutputs: true, reuseOutputs: true };
    const { outputs, release } = await model.run({ [input.name]: feed }, options);
    memory.give(tensor); // not after a failure: the thread may still read it
    const faces = crops.map((crop, index) =>
      crop === null ? [] : face.decode(outputs, index, threshold).map((found) => toImage(found, crop)),
    );
    release?.();
    return faces;
  };
}
