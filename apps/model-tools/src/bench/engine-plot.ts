import { durationUnit } from '@trinetra/contracts';
import { escapeXml } from '@trinetra/program';
import type { EngineResult } from './engine-result.ts';

const [width, height] = [720, 620];
const [left, right] = [72, width - 24];
const panelHeight = 190;
const colours = {
  bars: '#4c78a8',
  line: '#e45756',
  ink: '#333333',
  pale: '#666666',
  grid: '#dddddd',
} as const;

/** The next round number (1, 2 or 5 times a power of ten) that four steps of reach `value`. */
export function stepFor(value: number): number {
  const rough = Math.max(value, 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
}

function text(x: number, y: number, label: string, style: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${style}>${escapeXml(label)}</text>`;
}

interface Panel {
  readonly title: string;
  readonly top: number;
  readonly values: readonly number[];
  /** Draws the values, whose middles and heights it is given; px. */
  readonly draw: (points: readonly { readonly x: number; readonly y: number }[], slot: number) => string[];
}

/** One axis with round ticks, and the values over the batch sizes. */
function drawPanel({ title, top, values, draw }: Panel, batchSizes: readonly number[]): string[] {
  const bottom = top + panelHeight;
  const step = stepFor(Math.max(...values));
  const slot = (right - left) / batchSizes.length;
  const ticks = [0, 1, 2, 3, 4].flatMap((tick) => {
    const y = bottom - (panelHeight * tick) / 4;
    return [
      `<line x1="${left}" y1="${y.toFixed(1)}" x2="${right}" y2="${y.toFixed(1)}" stroke="${colours.grid}"/>`,
      text(
        left - 8,
        y + 4,
        String(Number((tick * step).toPrecision(3))),
        `text-anchor="end" fill="${colours.pale}"`,
      ),
    ];
  });
  const points = values.map((value, index) => ({
    x: left + slot * (index + 0.5),
    y: bottom - (panelHeight * value) / (4 * step),
  }));
  const names = batchSizes.map((size, index) =>
    text(
      left + slot * (index + 0.5),
      bottom + 18,
      String(size),
      `text-anchor="middle" fill="${colours.pale}"`,
    ),
  );
  const head = text(left, top - 14, title, `font-weight="bold" fill="${colours.ink}"`);
  return [head, ...ticks, ...draw(points, slot), ...names];
}

/**
 * Frames/s as bars, and below the P99 latency of a batch as a line, over the batch size; an SVG document.
 *
 * @param what The models and what they did, one line.
 */
export function drawPlot(results: readonly EngineResult[], what: string): string {
  const batchSizes = results.map(({ batchSize }) => batchSize);
  const unit = durationUnit(Math.max(...results.map(({ p99Ms }) => p99Ms)));
  const firstTop = 104;
  const secondTop = firstTop + panelHeight + 74;
  const throughput = drawPanel(
    {
      title: 'Frames per second',
      top: firstTop,
      values: results.map(({ framesPerSecond }) => framesPerSecond),
      draw: (points, slot) =>
        points.map(({ x, y }) => {
          const bar = `x="${(x - slot * 0.3).toFixed(1)}" y="${y.toFixed(1)}" width="${(slot * 0.6).toFixed(1)}"`;
          return `<rect ${bar} height="${(firstTop + panelHeight - y).toFixed(1)}" fill="${colours.bars}"/>`;
        }),
    },
    batchSizes,
  );
  const latency = drawPanel(
    {
      title: `P99 latency of a batch, ${unit.name}`,
      top: secondTop,
      values: results.map(({ p99Ms }) => p99Ms / unit.ms),
      draw: (points) => [
        `<polyline points="${points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')}" fill="none" stroke="${colours.line}" stroke-width="2"/>`,
        ...points.map(
          ({ x, y }) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colours.line}"/>`,
        ),
      ],
    },
    batchSizes,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>Throughput and latency by batch size</title>
<rect width="${width}" height="${height}" fill="white"/>
${[
  text(
    left,
    34,
    'Throughput and latency by batch size',
    `font-size="17" font-weight="bold" fill="${colours.ink}"`,
  ),
  text(left, 56, what, `fill="${colours.pale}"`),
  ...throughput,
  ...latency,
  text((left + right) / 2, height - 14, 'frames a batch', `text-anchor="middle" fill="${colours.pale}"`),
].join('\n')}
</svg>
`;
}
