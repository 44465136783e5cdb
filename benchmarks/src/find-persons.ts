import { availableParallelism } from 'node:os';
import { valueOrThrow } from '@trinetra/contracts';
import { createDetector, detectorByteInput } from '@trinetra/detector';
import { createEmbedder, embedderByteInput } from '@trinetra/embedder';
import { createFaceAligner, faceByteInput } from '@trinetra/face-aligner';
import type { DecodedFrame, FrameDecoderOptions } from '@trinetra/frame-decoder';
import { createInferenceRuntime } from '@trinetra/inference-runtime';
import type { FoundPerson } from './match-persons.ts';
import type { ModelPaths } from './models.ts';

/** The worker's stages after decoding, with its default settings on a CPU. */
export interface PersonFinder extends AsyncDisposable {
  /** How to decode frames for it: as the worker does by default. */
  readonly decoding: FrameDecoderOptions;
  /** @throws if the models fail on the frame. */
  find(frame: DecodedFrame): Promise<FoundPerson[]>;
}

/** Aspects that the worker has detector inputs for by default, where the model's sides are open; see packages/person-pipeline/src/input-aspects.ts. */
const aspectRatios = [16 / 9, 4 / 3, 9 / 16, 3 / 4];

/** Loads the models. */
export async function createPersonFinder(paths: ModelPaths): Promise<PersonFinder> {
  const threads = Math.min(4, availableParallelism());
  const pool = await createInferenceRuntime({ threads, intraOpThreads: 1 });
  try {
    const detectorModel = await pool.loadModel(paths.detector, { byteInput: detectorByteInput });
    const faceModel = await pool.loadModel(paths.face, { byteInput: faceByteInput });
    const embedderModel = await pool.loadModel(paths.embedder, { byteInput: embedderByteInput });
    const detector = createDetector({ model: detectorModel, framesPerRun: 1, aspectRatios });
    const aligner = createFaceAligner({ model: faceModel });
    const embedder = createEmbedder({ model: embedderModel });
    return {
      decoding: {
        inputSizes: detector.inputSizes,
        tensorType: detector.tensorType,
        jpegAccuracy: 'exact',
        rejectFlat: false,
      },
      find: async ({ image, tensor, letterbox }) => {
        const { width, height } = image;
        const results = await detector.detect([{ tensor, letterbox, width, height }]);
        const detections = results.flatMap(valueOrThrow);
        const [faces = []] = await aligner.align([{ image, persons: detections.map(({ bbox }) => bbox) }]);
        const aligned = faces.flatMap((face) => (face.ok ? [face.value.aligned] : []));
        const embeddings = (await embedder.embed(aligned)).map(valueOrThrow);
        return detections.map(({ bbox: [x1, y1, x2, y2] }, index) => ({
          box: [x1 / width, y1 / height, x2 / width, y2 / height],
          embedding: faces[index]?.ok === true ? (embeddings.shift() ?? null) : null,
        }));
      },
      [Symbol.asyncDispose]: () => pool.close(),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}
