import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventOf, personOf } from '../../test/events.ts';
import { drawPlot, plotSize } from './draw-plot.ts';
import { createSvgPen } from './svg-pen.ts';
import { timeTicks, valueTicks } from './ticks.ts';
import { createTimeBins, type TimeBins } from './time-bins.ts';
import { writePlot } from './write-plot.ts';

const start = 1771840000;

/** A minute of one event a second with two persons; 100 ms, but 430 ms in the seconds 20 to 29. */
function minute(): TimeBins {
  const times = createTimeBins();
  for (let second = 0; second < 60; second += 1) {
    const latency = second >= 20 && second < 30 ? 0.43 : 0.1;
    const worker_ts = start + second + 0.5;
    times.add(eventOf({ worker_ts, ingest_ts: worker_ts - latency, detections: [personOf(), personOf()] }));
  }
  return times;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-plot-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('createTimeBins', () => {
  it('has one bin a second, also where nothing came', () => {
    const times = createTimeBins();
    for (const second of [0, 0, 3])
      times.add(eventOf({ worker_ts: start + second, detections: [personOf()] }));
    const seen = times
      .bins()
      .map(({ start: at, events, persons, latency }) => [at - start, events, persons, latency.count]);
    expect(seen).toEqual([
      [0, 2, 2, 2],
      [1, 0, 0, 0],
      [2, 0, 0, 0],
      [3, 1, 1, 1],
    ]);
  });

  it('keeps what it counted while its bins grow, however far times lie apart', () => {
    const times = createTimeBins(10);
    for (let second = 0; second < 1000; second += 1) times.add(eventOf({ worker_ts: start + second }));
    expect(times.widthSeconds).toBe(128);
    expect(times.bins().length).toBeLessThanOrEqual(10);
    for (const worker_ts of [0, 1e11, -1, 1e300]) times.add(eventOf({ worker_ts }));
    const bins = times.bins();
    expect(bins.length).toBeLessThanOrEqual(10);
    expect(bins.reduce((sum, { events }) => sum + events, 0)).toBe(1002);
    // Between times that lie so far apart there is no latency.
    expect(bins.reduce((sum, { latency }) => sum + latency.count, 0)).toBe(1000);
  });
});

describe('ticks', () => {
  it.each([
    [0, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.9, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [5, [0, 1, 2, 3, 4, 5]],
    [470, [0, 100, 200, 300, 400, 500]],
    [1e9, [0, 2e8, 4e8, 6e8, 8e8, 1e9]],
  ])('for values up to %d are round', (most, ticks) => {
    expect(valueTicks(most)).toEqual(ticks);
  });

  it.each([
    [10, '09:46:40', '09:46:42'],
    [60, '09:46:40', '09:46:50'],
    [3600, '09:50', '10:00'],
    [86_400, '12:00', '16:00'],
    [864_000, '2026-02-24', '2026-02-26'],
  ])('over %d s are at round times', (seconds, first, second) => {
    const ticks = timeTicks(start, start + seconds);
    expect(ticks.map(({ label }) => label).slice(0, 2)).toEqual([first, second]);
    expect(ticks.length).toBeLessThanOrEqual(9);
  });
});

describe('drawPlot', () => {
  it('draws as SVG what was counted: axes with units, legend, and curves at the right height', () => {
    const pen = createSvgPen(plotSize.width, plotSize.height);
    drawPlot(pen, minute(), 'Events <of> "a" & b');
    const svg = pen.toSvg('Events <of> "a" & b');
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    for (const text of ['ms', 'per second', 'p50', 'p95', 'p99', 'persons', 'faces', 'events', '09:47:00']) {
      expect(texts).toContain(text);
    }
    expect(texts).toContain('Events &lt;of&gt; &quot;a&quot; &amp; b');
    expect(texts).toContain('time of the event on 2026-02-23, UTC; each point is 1 s');
    // The axis goes from 0 at y = 274 to 500 ms at y = 84.
    const [p50] = [
      ...svg.matchAll(/<polyline points="([^"]*)" fill="none" stroke="#0072b2" stroke-width="1.6"/g),
    ];
    const ys = (p50?.[1] ?? '').split(' ').map((point) => Number(point.split(',')[1]));
    expect(ys).toHaveLength(60);
    const msAt = (y: number | undefined): number => ((274 - (y ?? 0)) / 190) * 500;
    expect(msAt(ys[5])).toBeCloseTo(100, -1);
    expect(msAt(ys[25])).toBeCloseTo(430, -1);
    expect(texts).toContain('500');
  });

  it('has the unit that fits the longest latency', () => {
    const times = createTimeBins();
    for (let second = 0; second < 60; second += 1) {
      const worker_ts = start + second;
      times.add(eventOf({ worker_ts, ingest_ts: worker_ts - 150 }));
    }
    const pen = createSvgPen(plotSize.width, plotSize.height);
    drawPlot(pen, times, 'Events');
    const texts = [...pen.toSvg('Events').matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toContain('min');
    expect(texts).toContain('2.5');
    expect(texts).not.toContain('ms');
    expect(texts).not.toContain('150000');
  });

  it('is well-formed SVG that a renderer draws', async () => {
    const path = join(folder, 'plot.svg');
    await writePlot(path, minute(), 'Events');
    const picture = await loadImage(await readFile(path));
    expect([picture.width, picture.height]).toEqual([960, 600]);
    expect(await colours(path, 1)).toMatchObject({ blue: true, orange: true, purple: true });
  });

  it('draws the same as PNG, twice as large', async () => {
    const path = join(folder, 'plot.png');
    await writePlot(path, minute(), 'Events');
    const picture = await loadImage(await readFile(path));
    expect([picture.width, picture.height]).toEqual([1920, 1200]);
    expect(await colours(path, 2)).toMatchObject({ white: true, blue: true, orange: true, purple: true });
  });

  it('says so where nothing came', () => {
    const pen = createSvgPen(plotSize.width, plotSize.height);
    drawPlot(pen, createTimeBins(), 'Events');
    expect(pen.toSvg('Events').match(/no events/g)).toHaveLength(2);
  });

  it('says why it cannot be written', async () => {
    await expect(writePlot(join(folder, 'absent', 'x.svg'), minute(), '')).rejects.toMatchObject({
      code: 'unwritable',
      message: expect.stringMatching(/^--plot: cannot write .*ENOENT/),
    });
  });
});

/** Which colours the picture has inside of its two panels. */
async function colours(path: string, scale: number): Promise<Record<string, boolean>> {
  const picture = await loadImage(await readFile(path));
  const context = createCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(80 * scale, 80 * scale, 840 * scale, 460 * scale);
  const found = new Set<number>();
  for (let i = 0; i < data.length; i += 4) {
    found.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
  }
  const known = { white: 0xffffff, blue: 0x0072b2, orange: 0xd55e00, green: 0x009e73, purple: 0xaa4499 };
  return Object.fromEntries(Object.entries(known).map(([name, value]) => [name, found.has(value)]));
}
