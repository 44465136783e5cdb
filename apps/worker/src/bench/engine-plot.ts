import type { EngineResult } from './engine-result.ts';

const [width, height] = [720, 400];
const margin = { left: 64, right: 64, top: 48, bottom: 56 } as const;
const plotWidth = width - margin.left - margin.right;
const plotHeight = height - margin.top - margin.bottom;
const bottom = margin.top + plotHeight;
const colours = { bars: '#4c78a8', line: '#e45756', ink: '#333333', grid: '#dddddd' } as const;

/** The next round number (1, 2 or 5 times a power of ten) that four steps of reach `value`. */
export function stepFor(value: number): number {
  const rough = Math.max(value, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

const text = (x: number, y: number, label: string, anchor: string, fill: string = colours.ink): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${label}</text>`;

function axis(step: number, x: number, anchor: string, fill: string): string[] {
  return [0, 1, 2, 3, 4].map((tick) =>
    text(x, bottom - (plotHeight * tick) / 4 + 4, String(Number((tick * step).toPrecision(3))), anchor, fill),
  );
}

/** Frames/s as bars and the P99 latency of a batch as a line, over the batch size; an SVG document. */
export function drawPlot(results: readonly EngineResult[]): string {
  const fpsStep = stepFor(Math.max(...results.map(({ framesPerSecond }) => framesPerSecond)));
  const msStep = stepFor(Math.max(...results.map(({ p99Ms }) => p99Ms)));
  const slot = plotWidth / results.length;
  const centre = (index: number): number => margin.left + slot * (index + 0.5);
  const barTop = (fps: number): number => bottom - (plotHeight * fps) / (4 * fpsStep);
  const dotY = (ms: number): number => bottom - (plotHeight * ms) / (4 * msStep);
  const grid = [0, 1, 2, 3, 4].map((tick) => {
    const y = (bottom - (plotHeight * tick) / 4).toFixed(1);
    return `<line x1="${margin.left}" y1="${y}" x2="${width - margin.right}" y2="${y}" stroke="${colours.grid}"/>`;
  });
  const bars = results.map(({ framesPerSecond }, index) => {
    const y = barTop(framesPerSecond);
    const x = centre(index) - slot * 0.3;
    return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${(slot * 0.6).toFixed(1)}" height="${(bottom - y).toFixed(1)}" fill="${colours.bars}"/>`;
  });
  const points = results.map(({ p99Ms }, index) => `${centre(index).toFixed(1)},${dotY(p99Ms).toFixed(1)}`);
  const dots = points.map((point) => {
    const [x, y] = point.split(',');
    return `<circle cx="${x}" cy="${y}" r="4" fill="${colours.line}"/>`;
  });
  const names = results.map(({ batchSize }, index) =>
    text(centre(index), bottom + 20, String(batchSize), 'middle'),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>Frames per second and latency by batch size</title>
<rect width="${width}" height="${height}" fill="white"/>
${[
  ...grid,
  ...bars,
  `<polyline points="${points.join(' ')}" fill="none" stroke="${colours.line}" stroke-width="2"/>`,
  ...dots,
  ...axis(fpsStep, margin.left - 8, 'end', colours.bars),
  ...axis(msStep, width - margin.right + 8, 'start', colours.line),
  ...names,
  text(margin.left, margin.top - 20, 'frames/s', 'middle', colours.bars),
  text(width - margin.right, margin.top - 20, 'P99 of a batch, ms', 'middle', colours.line),
  text(margin.left + plotWidth / 2, height - 14, 'frames a batch', 'middle'),
].join('\n')}
</svg>
`;
}
