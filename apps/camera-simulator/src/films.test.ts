import type { Size } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { filmOf, haveOneAspect, splitByAspect } from './films.ts';

const size = (width: number, height: number): Size => ({ width, height });
const wide = size(1920, 1080);
const photo = size(1200, 800);

describe('splitByAspect', () => {
  it('makes a film of each aspect, in the order of their first pictures', () => {
    const [small, tall] = [size(640, 360), size(800, 1200)];
    expect(splitByAspect([photo, wide, tall, small, photo], 8)).toEqual([
      [photo, photo],
      [wide, small],
      [tall],
    ]);
  });

  it.each([
    ['the same within 1 %', size(1000, 991), 1],
    ['apart beyond 1 %', size(1000, 980), 2],
  ])('takes aspects for %s', (_, other, films) => {
    expect(splitByAspect([size(1000, 1000), other], 8)).toHaveLength(films);
  });

  it('compares with the first picture of a film, so that aspects do not creep', () => {
    const pictures = [size(1000, 1000), size(1009, 1000), size(1018, 1000)];
    expect(splitByAspect(pictures, 8)).toEqual([pictures.slice(0, 2), pictures.slice(2)]);
  });

  it('makes one film of all pictures where there are more aspects than cameras', () => {
    expect(splitByAspect([photo, wide, photo], 1)).toEqual([[photo, wide, photo]]);
    expect(splitByAspect([photo, wide, photo], 2)).toHaveLength(2);
  });
});

it('gives films to cameras in turn, each further camera of a film one picture later', () => {
  const films = [['a', 'b'], ['c']];
  expect([0, 1, 2, 3, 4].map((camera) => filmOf(films, camera))).toEqual([
    { film: ['a', 'b'], begin: 0 },
    { film: ['c'], begin: 0 },
    { film: ['a', 'b'], begin: 1 },
    { film: ['c'], begin: 1 },
    { film: ['a', 'b'], begin: 2 },
  ]);
});

it('tells whether pictures have one aspect', () => {
  expect(haveOneAspect([])).toBe(true);
  expect(haveOneAspect([wide, size(640, 360), size(640, 361)])).toBe(true);
  expect(haveOneAspect([wide, photo])).toBe(false);
});
