import { silentLogger } from '@trinetra/contracts';
import { createDetector, type Detector, detectorByteInput } from '@trinetra/detector';
import type { InferenceRuntime } from '@trinetra/inference-runtime';
import { aspectRatiosOf, runningDetector } from '@trinetra/person-pipeline';
import { type LoadedModel, runsText } from './loaded-model.ts';

/** Frames a batch, as BATCH_SIZE is by default. */
export const batchSize = 4;

/** Least confidence of what counts for average precision, as is customary. */
const leastConfidence = 0.001;

/** Loads a detector as the worker does for pictures that are not squashed. @throws {TrinetraError} where it cannot be loaded or is no detector. */
export async function loadDetector(
  runtime: InferenceRuntime,
  file: string,
  classIds: readonly number[],
): Promise<LoadedModel & { readonly detector: Detector }> {
  const model = await runtime.loadModel(file, { byteInput: detectorByteInput });
  const onCpu = model.info.provider === 'cpu';
  const detector = await runningDetector({
    create: (aspectRatios) =>
      createDetector({
        model,
        confidenceThreshold: leastConfidence,
        classIds,
        aspectRatios,
        framesPerRun: onCpu ? 1 : batchSize,
        ...(onCpu ? {} : { runSizes: [batchSize] }),
      }),
    aspectRatios: aspectRatiosOf({}, model),
    logger: silentLogger,
    shapesName: 'DETECTOR_SHAPES',
  });
  return { file, runs: runsText(model.info), detector };
}
