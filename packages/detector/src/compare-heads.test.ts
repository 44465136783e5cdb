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
