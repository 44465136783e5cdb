import type { Size } from '@trinetra/contracts';
import type { Detector } from '@trinetra/detector';
import { letterboxIn } from '@trinetra/frame-decoder';
import type { InferenceModel } from '@trinetra/inference-runtime';
import type { ModelSettings } from './model-settings.ts';

/** Of cameras that nobody told of. */
const commonAspects: readonly number[] = [16 / 9, 4 / 3, 9 / 16, 3 / 4];

/**
 * Aspects of the pictures that the detector should have an input size for: those that are configured, and common ones that entries may
 * tell of. Not common ones on TensorRT, which takes minutes for each; an engine has the size that it was built for.
 */
export function aspectRatiosOf(
  {
    DETECTOR_SHAPES: shapes,
    FRAME_ASPECT: frameAspect,
    CAMERA_ASPECTS: cameraAspects,
  }: Pick<ModelSettings, 'DETECTOR_SHAPES' | 'FRAME_ASPECT' | 'CAMERA_ASPECTS'>,
  { info: { path, provider } }: InferenceModel,
): number[] {
  if (shapes === 'square' || path.endsWith('.engine')) return [];
  return [
    ...(frameAspect === null ? [] : [frameAspect]),
    ...cameraAspects.map(({ aspectRatio }) => aspectRatio),
    ...(provider === 'tensorrt' ? [] : commonAspects),
  ];
}

/** The input size of square frames of which nothing is known. */
export function usualInputOf(
  { inputSizes }: Pick<Detector, 'inputSizes'>,
  { FRAME_ASPECT: aspect }: Pick<ModelSettings, 'FRAME_ASPECT'>,
): Size {
  const side = Math.max(...inputSizes.flatMap(({ width, height }) => [width, height]));
  const { inputWidth, inputHeight } = letterboxIn({ width: side, height: side }, inputSizes, aspect ?? 1);
  return { width: inputWidth, height: inputHeight };
}
