import { type Letterbox, roundHalfEven, type Size, stretchOf } from '@trinetra/contracts';
import { checkSides, FrameDecoderError } from './errors.ts';

/**
 * Places a picture of `width` x `height` px in the model's input: in its true proportions, as large as fits,
 * and centred. An odd pixel of padding goes to the right or the bottom.
 *
 * A side that would vanish (a picture thinner than 1/640) keeps one pixel.
 *
 * @param pixelAspectRatio Of the picture, not 1 if it was squashed; default 1.
 * @see https://github.com/ultralytics/ultralytics LetterBox in ultralytics/data/augment.py (auto=False)
 * @throws {FrameDecoderError} `invalid_options` for a size that is not a positive integer; RangeError for a ratio not above 0
 * @example letterboxGeometry(1920, 1080, 640, 640) // scaleX and scaleY 1/3, left 0, top 140, newWidth 640, newHeight 360
 */
export function letterboxGeometry(
  width: number,
  height: number,
  inputWidth: number,
  inputHeight: number,
  pixelAspectRatio = 1,
): Letterbox {
  checkSides({ width, height, inputWidth, inputHeight });
  const [stretchX, stretchY] = stretchOf({ pixelAspectRatio });
  const scale = Math.min(inputWidth / (width * stretchX), inputHeight / (height * stretchY));
  const [scaleX, scaleY] = [scale * stretchX, scale * stretchY];
  const newWidth = Math.max(1, roundHalfEven(width * scaleX));
  const newHeight = Math.max(1, roundHalfEven(height * scaleY));
  return {
    scaleX,
    scaleY,
    left: roundHalfEven((inputWidth - newWidth) / 2 - 0.1),
    top: roundHalfEven((inputHeight - newHeight) / 2 - 0.1),
    newWidth,
    newHeight,
    inputWidth,
    inputHeight,
  };
}

/**
 * The letterbox in the input that shows the picture largest, with the least padding.
 *
 * @throws as {@link letterboxGeometry}; {@link FrameDecoderError} `invalid_options` without an input.
 */
export function letterboxIn(
  { width, height }: Size,
  inputSizes: readonly Size[],
  pixelAspectRatio = 1,
): Letterbox {
  const fits = inputSizes.map((input) =>
    letterboxGeometry(width, height, input.width, input.height, pixelAspectRatio),
  );
  const area = ({ newWidth, newHeight }: Letterbox): number => newWidth * newHeight;
  const inputArea = ({ inputWidth, inputHeight }: Letterbox): number => inputWidth * inputHeight;
  const [best] = fits.toSorted((a, b) => area(b) - area(a) || inputArea(a) - inputArea(b));
  if (best === undefined) throw new FrameDecoderError('invalid_options', 'Expected at least one input');
  return best;
}
