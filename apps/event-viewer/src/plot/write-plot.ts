import { writeFile } from 'node:fs/promises';
import { errorText } from '@trinetra/contracts';
import { ViewerError } from '../errors.ts';
import { createCanvasPen } from './canvas-pen.ts';
import { drawPlot, plotSize } from './draw-plot.ts';
import { createSvgPen } from './svg-pen.ts';
import type { TimeBins } from './time-bins.ts';

/** Whether a plot goes to this file as SVG or PNG, by its name; undefined: neither. */
export function plotFormat(path: string): 'svg' | 'png' | undefined {
  return /\.svg$/i.test(path) ? 'svg' : /\.png$/i.test(path) ? 'png' : undefined;
}

/** @throws {ViewerError} `unwritable`. */
export async function writePlot(path: string, times: TimeBins, title: string): Promise<void> {
  const { width, height } = plotSize;
  try {
    if (plotFormat(path) === 'svg') {
      const pen = createSvgPen(width, height);
      drawPlot(pen, times, title);
      await writeFile(path, pen.toSvg(title));
    } else {
      const pen = createCanvasPen(width, height);
      drawPlot(pen, times, title);
      await writeFile(path, await pen.toPng());
    }
  } catch (error) {
    throw new ViewerError('unwritable', `--plot: cannot write ${path}: ${errorText(error)}`, {
      cause: error,
    });
  }
}
