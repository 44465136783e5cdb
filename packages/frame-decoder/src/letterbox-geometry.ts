import type { Letterbox } from '@trinetra/contracts';

/**
 * Rounds half to even, as Python's `round()` and C's `rint` do; never `-0`.
 */
export function roundHalfEven(value: number): number {
  const rounded = Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
  return rounded + 0;
}

/**
 * Where a picture of `width` x `height` px lies in the model's input: scaled by one factor to fit and
 * centred, an odd pixel of padding going to the right or the bottom.
 *
 * A side that would vanish (a picture thinner than 1/640) keeps one pixel.
 *
 * @see https://github.com/ultralytics/ultralytics LetterBox in ultralytics/data/augment.py (auto=False)
 * @throws RangeError when a size is not a positive integer
 * @example letterboxGeometry(1920, 1080, 640, 640) // { scale: 1/3, left: 0, top: 140, newWidth: 640, newHeight: 360 }
 */
export function letterboxGeometry(
  width: number,
  height: number,
  inputWidth: number,
  inputHeight: number,
): Letterbox {
  for (const [name, value] of Object.entries({ width, height, inputWidth, inputHeight })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Expected a positive integer for ${name} but received ${value}`);
    }
  }
  const scale = Math.min(inputWidth / width, inputHeight / height);
  const newWidth = Math.max(1, roundHalfEven(width * scale));
  const newHeight = Math.max(1, roundHalfEven(height * scale));
  return {
    scale,
    left: roundHalfEven((inputWidth - newWidth) / 2 - 0.1),
    top: roundHalfEven((inputHeight - newHeight) / 2 - 0.1),
    newWidth,
    newHeight,
  };
}
