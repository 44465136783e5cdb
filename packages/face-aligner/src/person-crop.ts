import { type RgbImage, roundHalfEven, type Xyxy } from '@trinetra/contracts';
import { type CropFormat, type CropTensor, valuesPerCrop } from './crop-format.ts';
import { resizeToCrop } from './resize-to-crop.ts';

/** Where a crop came from: `crop = (image - origin) * scale`. */
export interface CropGeometry {
  readonly x: number;
  readonly y: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * Fits a person's box (outward to whole pixels) into the top left of the model's input, the longer side filled, the
 * rest level 0, and writes it into `tensor` as crop number `index`. Null for a box without a pixel in the image. The
 * crop has the true proportions that the image's `pixelAspectRatio` tells.
 */
export function writePersonCrop(
  image: RgbImage,
  box: Xyxy,
  format: CropFormat,
  tensor: CropTensor,
  index: number,
): CropGeometry | null {
  const { width, height, pixelAspectRatio: stretch = 1 } = image;
  const [x1, y1] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [x2, y2] = [Math.min(width, Math.ceil(box[2])), Math.min(height, Math.ceil(box[3]))];
  const [cropWidth, cropHeight] = [x2 - x1, y2 - y1];
  if (!(cropWidth >= 1 && cropHeight >= 1)) return null;
  const scale = Math.min(format.width / (cropWidth * stretch), format.height / cropHeight);
  const newWidth = Math.min(format.width, Math.max(1, roundHalfEven(cropWidth * stretch * scale)));
  const newHeight = Math.min(format.height, Math.max(1, roundHalfEven(cropHeight * scale)));
  const part = { x1, y1, cropWidth, cropHeight, newWidth, newHeight };
  resizeToCrop(image, part, format, tensor, index * valuesPerCrop(format));
  return { x: x1, y: y1, scaleX: newWidth / cropWidth, scaleY: newHeight / cropHeight };
}
