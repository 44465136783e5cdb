import { escapeXml } from '@trinetra/program';
import type { VerificationReport } from './measure-verification.ts';
import { createRoc, type Roc } from './roc.ts';
import { namesOf } from './texts.ts';
import { farAt, tarAt } from './verification-metrics.ts';

const [width, height] = [720, 440];
const margin = { left: 64, right: 24, top: 40, bottom: 56 } as const;
const plotWidth = width - margin.left - margin.right;
const plotHeight = height - margin.top - margin.bottom;
const bottom = margin.top + plotHeight;
const ink = '#333333';
const grid = '#dddddd';

/** Colours that people with colour blindness tell apart. @see https://jfly.uni-koeln.de/color/ (Okabe and Ito) */
const colours = ['#0072b2', '#d55e00', '#009e73', '#aa4499', '#e69f00', '#56b4e9'] as const;

const text = (x: number, y: number, label: string, anchor: string): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${ink}">${escapeXml(label)}</text>`;

const line = (x1: number, y1: number, x2: number, y2: number, colour: string, thickness = 1): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}" stroke-width="${thickness}"/>`;

const yOf = (tar: number): number => bottom - plotHeight * tar;

/** The curve as steps: what a threshold really gives, with nothing between. Rates under the axis lie on its left edge. */
function pointsOf(roc: Roc, xOf: (far: number) => number): string {
  const points: string[] = [];
  const step = (far: number, tar: number): number =>
    points.push(`${xOf(far).toFixed(1)},${yOf(tar).toFixed(1)}`);
  for (let k = 1; k < roc.thresholds.length; k += 1) {
    if (farAt(roc, k) !== farAt(roc, k - 1)) step(farAt(roc, k), tarAt(roc, k - 1));
    step(farAt(roc, k), tarAt(roc, k));
  }
  return points.filter((point, index) => point !== points[index - 1]).join(' ');
}

/** The true accept rate over the false accept rate (logarithmic) of each model; an SVG document. */
export function drawRoc({ models, scores, pairs }: VerificationReport): string {
  const decades = Math.max(1, Math.ceil(Math.log10(pairs.different)));
  const xOf = (far: number): number =>
    margin.left + plotWidth * (1 + Math.max(-decades, Math.log10(far)) / decades);
  const same = scores.map((pair) => pair.same);
  const names = namesOf(models.map(({ file }) => file));
  const curves = models.map((_, model) => {
    const roc = createRoc(
      scores.map((pair) => pair.scores[model] ?? Number.NaN),
      same,
    )();
    const colour = colours[model % colours.length];
    // Of curves that coincide the earlier one is wider, and both are seen.
    const strokeWidth = 1.6 + 1.6 * (models.length - 1 - model);
    return `<polyline points="${pointsOf(roc, xOf)}" fill="none" stroke="${colour}" stroke-width="${strokeWidth.toFixed(1)}"/>`;
  });
  const legend = names.flatMap((name, model) => {
    const y = bottom - 14 - 18 * (names.length - 1 - model);
    const right = width - margin.right - 12;
    const colour = colours[model % colours.length] ?? ink;
    return [line(right - 24, y - 4, right, y - 4, colour, 3), text(right - 32, y, name, 'end')];
  });
  const across = Array.from({ length: decades + 1 }, (_, decade) => decade - decades).flatMap((power) => [
    line(xOf(10 ** power), margin.top, xOf(10 ** power), bottom, grid),
    text(xOf(10 ** power), bottom + 20, power === 0 ? '1' : `1e${power}`, 'middle'),
  ]);
  const up = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((tar) => [
    line(margin.left, yOf(tar), width - margin.right, yOf(tar), grid),
    text(margin.left - 8, yOf(tar) + 4, tar.toFixed(1), 'end'),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>True accept rate over false accept rate</title>
<rect width="${width}" height="${height}" fill="white"/>
${[
  ...across,
  ...up,
  ...curves,
  ...legend,
  text(margin.left, margin.top - 16, `true accept rate, ${pairs.same} pairs of the same person`, 'start'),
  text(
    margin.left + plotWidth / 2,
    height - 14,
    `false accept rate, ${pairs.different} pairs of different persons`,
    'middle',
  ),
].join('\n')}
</svg>
`;
}
