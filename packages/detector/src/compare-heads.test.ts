import { describe, expect, it } from 'vitest';
import { endToEndHead, yolov8Head } from '../test/fake-model.ts';
import { compareHeads } from './compare-heads.ts';

const dims = [6, 21];
const frame = [
  [16, 16, 8, 8, 0.9, 0.1],
  [8, 8, 6, 6, 0.1, 0.6],
];
const headOf = (anchors: readonly (readonly number[])[]): Float32Array =>
  yolov8Head([anchors], 2).data as Float32Array;
const compare = (found: readonly (readonly number[])[]) =>
  compareHeads({ name: 'output0', found: headOf(found), expected: headOf(frame), dims });

const row = [2, 2, 12, 12, 0.8, 1];
const rowsOf = (rows: readonly (readonly number[])[]): Float32Array =>
  endToEndHead([rows]).data as Float32Array;
const compareRows = (found: readonly (readonly number[])[]) =>
  compareHeads({ name: 'output0', found: rowsOf(found), expected: rowsOf([row]), dims: [300, 6] });

describe('compareHeads', () => {
  it('agrees within half precision', () => {
    expect(
      compare([
        [16.01, 16, 8.01, 8, 0.901, 0.1],
        [8, 8, 6, 6, 0.1, 0.599],
      ]),
    ).toMatchObject({ ok: true });
  });

  it.each([
    [
      'a box that moved',
      [
        [16, 16, 8, 8, 0.9, 0.1],
        [9, 8, 6, 6, 0.1, 0.6],
      ],
      /overlap 0\.7/,
    ],
    [
      'a confidence that fell',
      [
        [16, 16, 8, 8, 0.9, 0.1],
        [8, 8, 6, 6, 0.1, 0.57],
      ],
      /off by 0\.030/,
    ],
    [
      'probabilities that are gone, which boxes would hide',
      [
        [16, 16, 8, 8, 0, 0],
        [8, 8, 6, 6, 0, 0],
      ],
      /cosine/,
    ],
    [
      'a number that is none',
      [
        [16, 16, 8, Number.NaN, 0.9, 0.1],
        [8, 8, 6, 6, 0.1, 0.6],
      ],
      /cosine NaN/,
    ],
  ])('disagrees with %s', (_name, found, problem) => {
    const agreement = compare(found);
    expect(agreement.ok).toBe(false);
    expect(agreement.problem).toMatch(problem);
  });

  it('takes the rows of an end-to-end head in any order, and those without confidence as noise', () => {
    expect(compareRows([[0, 0, 1, 1, 0.01, 0], row])).toMatchObject({ ok: true });
  });

  it.each([
    ['a missing row', []],
    ['another class', [[2, 2, 12, 12, 0.8, 0]]],
    ['a row that is no number', [row, [Number.NaN, 0, 0, 0, 0, 0]]],
  ])('disagrees with %s', (_name, found) => expect(compareRows(found).ok).toBe(false));
});

describe.each([
  ['queries of three classes', 7, [0.5, 0.5, 0.2, 0.4, 0.1, 0.8, 0], [0.2, 0.5, 0.2, 0.2, 0.6, 0, 0]],
  ['queries of two classes', 6, [0.5, 0.5, 0.2, 0.4, 0.1, 0.8], [0.2, 0.5, 0.2, 0.2, 0.6, 0.01]],
  ['queries with the best class', 6, [0.5, 0.5, 0.2, 0.4, 0.8, 1], [0.2, 0.5, 0.2, 0.2, 0.6, 0]],
])('compareHeads of RT-DETR, %s', (_name, columns, first, second) => {
  const agreement = (...found: number[][]) =>
    compareHeads({
      name: 'output0',
      found: Float32Array.from([...found.flat(), ...Array<number>(columns * (300 - found.length)).fill(0)]),
      expected: Float32Array.from([...first, ...second, ...Array<number>(columns * 298).fill(0)]),
      dims: [300, columns],
    });
  const moved = [0.54, ...first.slice(1)];
  const weaker = first.map((value) => (value === 0.8 ? 0.7 : value));

  it('agrees in any order', () => {
    expect(agreement(first, second)).toMatchObject({ ok: true, cosine: expect.closeTo(1, 6) });
    expect(agreement(second, first)).toMatchObject({ ok: true, cosine: expect.closeTo(1, 6) });
  });

  it('disagrees with a box that moved, a confidence that fell and one that is missing', () => {
    expect(agreement(moved, second).problem).toMatch(/box of confidence 0\.800: overlap 0\.6/);
    expect(agreement(weaker, second).problem).toMatch(/confidence off by 0\.100/);
    expect(agreement(first).problem).toMatch(/box of confidence 0\.600: overlap 0\.000/);
  });
});
