import type { Logger } from '@trinetra/contracts';
import { type Detector, sizeText } from '@trinetra/detector';
import { levelFrame } from './level-frame.ts';

export interface RunningDetectorOptions {
  readonly create: (aspectRatios: readonly number[]) => Detector;
  readonly aspectRatios: readonly number[];
  readonly logger: Logger;
  /** The option that has a detector run at its own size, for the message. */
  readonly shapesName: string;
}

/** The detector with an input for each aspect where it runs at all of them, else at its own size alone. */
export async function runningDetector(options: RunningDetectorOptions): Promise<Detector> {
  const { create, aspectRatios, logger, shapesName } = options;
  const detector = create(aspectRatios);
  for (const size of detector.inputSizes.length > 1 ? detector.inputSizes : []) {
    const [result] = await detector.detect([levelFrame(detector, size, () => 114)]);
    if (result?.ok !== false) continue;
    logger.warn(
      { inputSize: sizeText(size), err: result.error },
      `the detector has open sides and does not run at this size: it runs at its own size alone, as with ${shapesName}=square; ` +
        'exported anew with dynamic=True it would take less',
    );
    return create([]);
  }
  return detector;
}
