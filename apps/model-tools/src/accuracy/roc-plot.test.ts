import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { VerificationReport } from './measure-verification.ts';
import { drawRoc } from './roc-plot.ts';
import { verificationFigures } from './verification-figures.ts';

const same = Array.from({ length: 200 }, (_, pair) => pair < 100);
/** The highest score is one of a false pair; then all of the same person, then the others. */
const scores = same.map((kind, pair) => (pair === 150 ? 0.9 : kind ? 0.8 : 0.1));

function report(files: readonly string[]): VerificationReport {
  const figures = verificationFigures(
    files.map(() => scores),
    same,
    null,
  );
  return {
    pairs: { used: 200, same: 100, different: 100, skipped: {} },
    pictures: { all: 400, aligned: 400, severalFaces: 0 },
    models: figures.map((own, index) => ({
      file: files[index] ?? '',
      runs: 'cpu, fp32',
      faces: 'rgb 0 1',
      ...own,
    })),
    scores: scores.map((score, pair) => ({
      a: '',
      b: '',
      same: pair < 100,
      fold: null,
      scores: files.map(() => score),
    })),
  };
}

it('is a curve of steps over a logarithmic axis from the smallest rate that the pairs resolve', () => {
  const svg = drawRoc(report(['models/a.onnx']));
  // 0.01 lies at the left edge, x = 64, and 1 at x = 696; 0 at y = 384 and 1 at y = 40.
  expect(svg).toContain('<polyline points="64.0,384.0 64.0,40.0 696.0,40.0" fill="none"');
  expect(svg).toContain('>1e-2</text>');
  expect(svg).toContain('100 pairs of different persons');
});

it('names the models by file, by path where files have one name, and shows curves that coincide', async () => {
  const svg = drawRoc(report(['x/a&b.onnx', 'y/a&b.onnx', 'c.onnx']));
  for (const name of ['x/a&amp;b.onnx', 'y/a&amp;b.onnx', 'c.onnx']) expect(svg).toContain(`>${name}</text>`);
  expect([...svg.matchAll(/<polyline.*stroke-width="([\d.]+)"/g)].map(([, width]) => Number(width))).toEqual([
    4.8, 3.2, 1.6,
  ]);
  expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ width: 720, height: 440 });
});
