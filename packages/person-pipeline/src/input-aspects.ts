import type { Size } from '@trinetra/contracts';
import type { Detector } from '@trinetra/detector';
import { letterboxIn } from '@trinetra/frame-decoder';
import type { InferenceModel } from '@trinetra/inference-runtime';
import type { LoadModelsOptions } from './options.ts';

/** Of cameras that nobody told of. */
const commonAspects: readonly number[] = [16 / 9, 4 / 3, 9 / 16, 3 / 4];

/**
 * Aspects of the pictures that the detector should have an input size for: those that are configured, and common ones that entries may
 * tell of. Not common ones on TensorRT, which takes minutes for each; an engine has the size that it was built for.
 */
export function aspectRatiosOf(
  {
    detectorShapes,
    frameAspect = null,
    cameraAspects = [],
  }: Pick<LoadModelsOptions, 'detectorShapes' | 'frameAspect' | 'cameraAspects'>,
  { info: { path, provider } }: InferenceModel,
): number[] {
  if (detectorShapes === 'square' || path.endsWith('.engine')) return [];
  return [
    ...(frameAspect === null ? [] : [frameAspect]),
    ...cameraAspects,
    ...(provider === 'tensorrt' ? [] : commonAspects),
  ];
}

/** The input size of square frames of which nothing is known. */
export function usualInputOf({ inputSizes }: Pick<Detector, 'inputSizes'>, frameAspect: number | null): Size {
  const side = Math.max(...inputSizes.flatMap(({ width, height }) => [width, height]));
  const { inputWidth, inputHeight } = letterboxIn(
    { width: side, height: side },
    inputSizes,
    frameAspect ?? 1,
  );
  return { width: inputWidth, height: inputHeight };
}
