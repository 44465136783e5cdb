import { describe, expect, it } from 'vitest';
import { drawPlot, stepFor } from './engine-plot.ts';
import { adviseOn, type EngineResult } from './engine-result.ts';
import { formatAdvice, formatResults } from './engine-table.ts';

const result = (batchSize: number, framesPerSecond: number, p99Ms: number): EngineResult => ({
  batchSize,
  framesPerSecond,
  p50Ms: p99Ms - 1,
  p99Ms,
  cpuShare: 0.5,
  gpuShare: undefined,
});

/** The table of the design. */
const design = [result(1, 40, 25), result(4, 57, 70), result(8, 57, 140)];

describe('adviseOn', () => {
  it('recommends for the design what the design recommends: no larger batch than brings something', () => {
    expect(adviseOn(design, 15)).toEqual({ batchSize: 4, framesPerSecond: 57, cameras: 3 });
  });

  it('takes a larger batch where it brings more than 5 %, and a smaller one where it does not', () => {
    expect(adviseOn([result(1, 94, 10), result(2, 100, 20)], 10).batchSize).toBe(2);
    expect(adviseOn([result(1, 96, 10), result(2, 100, 20)], 10).batchSize).toBe(1);
  });

  it('refuses to advise on nothing', () => {
    expect(() => adviseOn([], 15)).toThrow(RangeError);
  });
});

describe('what is shown', () => {
  it('is a line for each batch size, and a dash where there is no GPU', () => {
    const lines = formatResults(design).split('\n');
    expect(lines[0]).toMatch(/Batch N +GPU busy +CPU busy +Latency p50 +Latency P99 +Effective FPS/);
    expect(lines[3]).toMatch(/^ +4 +- +50 % +69 ms +70 ms +57\.0$/);
    expect(formatAdvice(adviseOn(design, 15), 15)).toContain('3 cameras at 15 frames/s');
    expect(formatAdvice(adviseOn(design, 45), 45)).toContain('1 camera at 45 frames/s');
  });

  it('names no 0 cameras: where not even one is carried, it says at which rate one would be', () => {
    const text = formatAdvice(adviseOn([result(1, 10.3, 97)], 15), 15);
    expect(text).not.toMatch(/\b0 cameras/);
    expect(text).toContain(
      'At 80 % load that is 8.2 frames/s: too few for a camera at 15 frames/s, enough for one at 8.2.',
    );
  });

  it('is a plot with a bar and a dot for each batch size', () => {
    const plot = drawPlot(design, 'yolov8n.onnx & <others>; 2 persons a frame');
    expect(plot.match(/<circle /g)).toHaveLength(3);
    expect(plot.match(/<rect x=/g)).toHaveLength(3);
    expect(plot).not.toContain('NaN');
    const texts = [...plot.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toContain('Throughput and latency by batch size');
    expect(texts).toContain('yolov8n.onnx &amp; &lt;others&gt;; 2 persons a frame');
    expect(texts).toContain('Frames per second');
    expect(texts).toContain('P99 latency of a batch, ms');
    // A panel for each, and one axis a panel: frames/s to 80, ms to 200.
    expect(texts.filter((text) => ['80', '200'].includes(text ?? ''))).toHaveLength(2);
    expect(texts.filter((text) => text === '0')).toHaveLength(2);
  });

  it('has the unit that fits', () => {
    const plot = drawPlot([result(16, 0.1, 150_000)], 'large.onnx');
    expect(plot).toContain('P99 latency of a batch, min');
    expect(plot).toMatch(/>2<\/text>/);
    expect(plot).not.toContain('200000');
  });

  it.each([
    [57, 20],
    [80, 20],
    [81, 50],
    [3, 1],
    [0.9, 0.5],
    [0, 5e-10],
  ])('has axes up to %s in round steps of %s', (value, step) => {
    expect(stepFor(value)).toBeCloseTo(step, 12);
  });
});
