import { valueOrThrow } from '@trinetra/contracts';
import type { Detector } from '../src/detector.ts';
import type { Detection } from '../src/detector-frame.ts';

/** The detections of each frame. @throws the error of the first frame that has none. */
export async function detectAll(
  detector: Detector,
  ...given: Parameters<Detector['detect']>
): Promise<Detection[][]> {
  return (await detector.detect(...given)).map(valueOrThrow);
}
