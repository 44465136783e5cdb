import { createRequire } from 'node:module';
import type { DetectorInput } from '../src/detector-frame.ts';

/** As much of sharp as is used here; it is a dependency of the package beside this one. */
type Sharp = (file: string) => {
  removeAlpha(): {
    raw(): {
      toBuffer(options: { resolveWithObject: true }): Promise<{
        data: Uint8Array;
        info: { width: number; height: number };
      }>;
    };
  };
};

/** Neighbours and the weight of the second for each of `to` pixels over `from`, as cv2.INTER_LINEAR has them. */
function taps(from: number, to: number): { near: number; far: number; weight: number }[] {
  return Array.from({ length: to }, (_, at) => {
    const source = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    const near = Math.floor(source);
    return { near, far: Math.min(from - 1, near + 1), weight: source - near };
  });
}

/** A photo with the letterbox that its golden file states, as the 640x640 input of the detector. */
export async function letterboxPhoto(
  file: string,
  letterbox: {
    readonly scale: number;
    readonly left: number;
    readonly top: number;
    readonly new_width: number;
    readonly new_height: number;
  },
): Promise<DetectorInput> {
  const load = createRequire(new URL('../../frame-decoder/package.json', import.meta.url));
  const sharp = load('sharp') as Sharp;
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const { scale, left, top } = letterbox;
  const plane = 640 * 640;
  const tensor = new Float32Array(3 * plane).fill(114 / 255);
  const columns = taps(width, letterbox.new_width);
  for (const [y, row] of taps(height, letterbox.new_height).entries()) {
    for (const [x, column] of columns.entries()) {
      for (let channel = 0; channel < 3; channel += 1) {
        const pixel = (r: number, c: number): number => data[(r * width + c) * 3 + channel] ?? 0;
        const mix = (r: number): number =>
          pixel(r, column.near) * (1 - column.weight) + pixel(r, column.far) * column.weight;
        const value = mix(row.near) * (1 - row.weight) + mix(row.far) * row.weight;
        tensor[channel * plane + (top + y) * 640 + left + x] = Math.round(value) / 255;
      }
    }
  }
  const scales = { scaleX: scale, scaleY: scale };
  return { tensor, letterbox: { ...scales, left, top, inputWidth: 640, inputHeight: 640 }, width, height };
}
