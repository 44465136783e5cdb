import type { Size } from '@trinetra/contracts';

/** Sizes of a model's input at most: each is warmed up, and on some providers has a session, or an engine, of its own. */
export const maxInputSizes = 8;

/**
 * The input sizes of a model with open sides for pictures of some aspects: of each the smallest multiple of the stride that holds a
 * picture whose longer side is as long as the model's. The model's own size, and the square that holds all others, are among them.
 *
 * @param own What the model was exported for.
 * @param aspectRatios Width over height. Beyond `maxInputSizes` sizes the later ones have none of their own.
 * @returns Different sizes, the smallest first.
 * @example inputSizesFor({ width: 640, height: 640 }, 32, [16 / 9]) // 640x384 and 640x640
 */
export function inputSizesFor(own: Size, stride: number, aspectRatios: readonly number[]): Size[] {
  const whole = (side: number): number => Math.max(1, Math.ceil(Math.round(side) / stride)) * stride;
  const side = whole(Math.max(own.width, own.height));
  const sizes = new Map<string, Size>();
  const add = (size: Size): void => {
    if (sizes.size < maxInputSizes) sizes.set(sizeText(size), size);
  };
  add(own);
  add({ width: side, height: side });
  for (const ratio of aspectRatios) {
    add(
      ratio >= 1
        ? { width: side, height: whole(side / ratio) }
        : { width: whole(side * ratio), height: side },
    );
  }
  return [...sizes.values()].sort((a, b) => a.width * a.height - b.width * b.height);
}

/** `640x384`: width, then height. */
export const sizeText = ({ width, height }: Size): string => `${width}x${height}`;
