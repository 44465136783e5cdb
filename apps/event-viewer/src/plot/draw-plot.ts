import { durationUnit } from '@trinetra/contracts';
import type { Pen, Point } from './pen.ts';
import { timeTicks, valueTicks } from './ticks.ts';
import type { TimeBin, TimeBins } from './time-bins.ts';

/** Px of the plot. */
export const plotSize = { width: 960, height: 600 } as const;

const ink = '#1f2933';
const pale = '#52606d';
const grid = '#e4e7eb';

/** One curve; null if it has a gap. */
interface Series {
  readonly name: string;
  readonly colour: string;
  /** Of the line, px. */
  readonly width: number;
  readonly values: readonly (number | null)[];
}

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly top: number;
  readonly height: number;
  readonly series: readonly Series[];
}

const left = 78;
const right = plotSize.width - 24;

/** Colours that people with colour blindness tell apart. @see https://jfly.uni-koeln.de/color/ (Okabe and Ito) */
const palette = { blue: '#0072b2', orange: '#d55e00', green: '#009e73', purple: '#aa4499' } as const;

function panelsOf(bins: readonly TimeBin[], widthSeconds: number): Panel[] {
  const latency = (share: number): (number | null)[] => bins.map((bin) => bin.latency.percentile(share));
  const shares = [0.5, 0.95, 0.99];
  const most = Math.max(0, ...shares.flatMap(latency).map((value) => value ?? 0));
  const unit = durationUnit(most);
  const inUnit = (share: number): (number | null)[] =>
    latency(share).map((value) => (value === null ? null : value / unit.ms));
  const rate = (key: 'events' | 'persons' | 'faces'): number[] => bins.map((bin) => bin[key] / widthSeconds);
  return [
    {
      title: 'Latency from ingest to event',
      unit: unit.name,
      top: 84,
      height: 190,
      series: [
        { name: 'p50', colour: palette.blue, width: 1.6, values: inUnit(0.5) },
        { name: 'p95', colour: palette.green, width: 2.8, values: inUnit(0.95) },
        { name: 'p99', colour: palette.orange, width: 4, values: inUnit(0.99) },
      ],
    },
    {
      title: 'Detections',
      unit: 'per second',
      top: 344,
      height: 190,
      series: [
        { name: 'persons', colour: palette.purple, width: 2, values: rate('persons') },
        { name: 'faces', colour: palette.orange, width: 2, values: rate('faces') },
        { name: 'events', colour: palette.blue, width: 2, values: rate('events') },
      ],
    },
  ];
}

/** Draws latency and detections over time, one above the other. @param title In the head; plain text. */
export function drawPlot(pen: Pen, times: TimeBins, title: string): void {
  const { width, height } = plotSize;
  pen.rectangle(0, 0, width, height, '#ffffff');
  pen.text(left, 34, title, { size: 17, colour: ink, bold: true });
  const bins = times.bins();
  const from = bins[0]?.start ?? 0;
  const to = (bins.at(-1)?.start ?? 0) + times.widthSeconds;
  for (const panel of panelsOf(bins, times.widthSeconds)) drawPanel(pen, panel, bins, from, to);
  const day = bins.length === 0 ? '' : ` on ${new Date(from * 1000).toISOString().slice(0, 10)}`;
  const each = `each point is ${times.widthSeconds} s`;
  pen.text((left + right) / 2, height - 14, `time of the event${day}, UTC; ${each}`, {
    size: 12,
    colour: pale,
    anchor: 'middle',
  });
}

function drawPanel(pen: Pen, panel: Panel, bins: readonly TimeBin[], from: number, to: number): void {
  const { title, unit, top, height, series } = panel;
  const bottom = top + height;
  const most = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const ticks = valueTicks(most);
  const highest = ticks.at(-1) ?? 1;
  const yOf = (value: number): number => bottom - (value / highest) * height;
  const xOf = (time: number): number => left + ((time - from) / (to - from || 1)) * (right - left);

  pen.text(left, top - 14, title, { size: 13, colour: ink, bold: true });
  pen.text(20, (top + bottom) / 2, unit, { size: 12, colour: pale, anchor: 'middle', upwards: true });
  for (const tick of ticks) {
    segment(pen, [left, yOf(tick)], [right, yOf(tick)], tick === 0 ? pale : grid);
    pen.text(left - 8, yOf(tick) + 4, String(tick), { size: 11, colour: pale, anchor: 'end' });
  }
  for (const { at, label } of bins.length === 0 ? [] : timeTicks(from, to)) {
    segment(pen, [xOf(at), bottom], [xOf(at), bottom + 5], pale);
    pen.text(xOf(at), bottom + 19, label, { size: 11, colour: pale, anchor: 'middle' });
  }
  if (bins.length === 0) {
    pen.text((left + right) / 2, (top + bottom) / 2, 'no events', {
      size: 13,
      colour: pale,
      anchor: 'middle',
    });
  }
  drawLegend(pen, series, top - 14);
  const middle = (to - from) / Math.max(1, bins.length) / 2;
  // Draw the last one below the others: it is wider, so that coinciding percentiles both show.
  for (const { colour, width, values } of series.toReversed()) {
    for (const run of runsOf(values)) {
      const points = run.map(([at, value]) => [xOf((bins[at]?.start ?? from) + middle), yOf(value)] as const);
      for (const point of points.length === 1 ? points : [])
        pen.rectangle(point[0] - 2, point[1] - 2, 4, 4, colour);
      if (points.length > 1) pen.line(points, colour, width);
    }
  }
}

function segment(pen: Pen, from: Point, to: Point, colour: string, width = 1): void {
  pen.line([from, to], colour, width);
}

/** The stretches without a gap, as index and value. */
function runsOf(values: readonly (number | null)[]): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [[]];
  for (const [at, value] of values.entries()) {
    if (value === null) runs.push([]);
    else runs.at(-1)?.push([at, value]);
  }
  return runs.filter((run) => run.length > 0);
}

function drawLegend(pen: Pen, series: readonly Series[], y: number): void {
  const entryWidth = 86;
  for (const [i, { name, colour }] of series.entries()) {
    const x = right - (series.length - i) * entryWidth;
    segment(pen, [x, y - 4], [x + 20, y - 4], colour, 3);
    pen.text(x + 26, y, name, { size: 12, colour: ink });
  }
}
