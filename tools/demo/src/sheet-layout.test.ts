import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitInto,
  gap,
  layOutSheet,
  placeBox,
  placeLabel,
  placePoint,
  type Rectangle,
} from './sheet-layout.ts';

const tile: Rectangle = { x: 100, y: 200, width: 400, height: 400 };

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

const aspectOf = ({ width, height }: { width: number; height: number }): number => width / height;
const wide = { width: 1280, height: 720 };
const photo = { width: 1200, height: 800 };

describe('layOutSheet', () => {
  it('keeps every tile on the sheet, apart from the others, and in the proportions of its picture', () => {
    const side = fc.integer({ min: 100, max: 4000 });
    const pictures = fc.array(fc.record({ width: side, height: side }), { maxLength: 48 });
    fc.assert(
      fc.property(pictures, (sizes) => {
        const { width, height, tiles } = layOutSheet(sizes);
        expect(tiles).toHaveLength(sizes.length);
        expect(width).toBeGreaterThanOrEqual(640);
        const sheet = { x: 0, y: 0, width: width + 1e-6, height };
        for (const [i, one] of tiles.entries()) {
          expect(contains(sheet, one)).toBe(true);
          expect(aspectOf(one)).toBeCloseTo(Math.max(1, aspectOf(sizes[i] ?? one)), 6);
          for (const other of tiles.slice(i + 1)) {
            const apart =
              other.x - one.x >= one.width || other.y - one.y >= one.height || one.x - other.x >= other.width;
            expect(apart).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [8, [4, 4]],
    [9, [3, 3, 3]],
    [4, [2, 2]],
  ])('puts %i cameras of 16:9 into even rows', (count, rows) => {
    const { width, tiles } = layOutSheet(Array(count).fill(wide));
    const tops = [...new Set(tiles.map(({ y }) => y))];
    expect(tops.map((top) => tiles.filter(({ y }) => y === top).length)).toEqual(rows);
    expect(new Set(tiles.map((one) => one.height)).size).toBe(1);
    expect(tiles[0]?.width).toBeGreaterThan(440);
    expect(Math.max(...tiles.map((one) => one.x + one.width))).toBeCloseTo(width - gap);
  });

  it('gives all pictures of a row one height, and rows the width of the sheet', () => {
    const { width, tiles } = layOutSheet([wide, photo, wide, photo, photo, wide]);
    for (const top of new Set(tiles.map(({ y }) => y))) {
      const row = tiles.filter(({ y }) => y === top);
      expect(new Set(row.map((one) => one.height)).size).toBe(1);
      expect(Math.max(...row.map((one) => one.x + one.width))).toBeCloseTo(width - gap);
    }
  });
});

it('places points and boxes of 0..1 on the tile', () => {
  expect(placePoint([0, 1], tile)).toEqual({ x: 100, y: 600 });
  expect(placeBox([0.25, 0.5, 0.75, 1], tile)).toEqual({ x: 200, y: 400, width: 200, height: 200 });
});

describe('placeLabel', () => {
  const size = { width: 40, height: 20 };
  it.each([
    ['above the box', { x: 200, y: 300, width: 50, height: 50 }, { x: 200, y: 280 }],
    ['inside a box at the top', { x: 200, y: 205, width: 50, height: 50 }, { x: 200, y: 205 }],
    ['left of the right border', { x: 490, y: 300, width: 10, height: 50 }, { x: 460, y: 280 }],
  ])('is %s', (_, box, at) => {
    expect(placeLabel(box, size, tile)).toEqual({ ...at, ...size });
  });

  it('never leaves the tile', () => {
    const unit = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(unit, unit, (x, y) => {
        const box = placeBox([x, y, x + 0.1, y + 0.1], tile);
        expect(contains(tile, placeLabel(box, size, tile))).toBe(true);
      }),
    );
  });
});

it.each([
  [1280, 720, { x: 10, y: 150, width: 320, height: 180 }],
  [640, 640, { x: 10, y: 10, width: 320, height: 320 }],
  [300, 600, { x: 10, y: 10, width: 160, height: 320 }],
])('shows a picture of %i x %i in its proportions', (width, height, expected) => {
  expect(fitInto({ x: 10, y: 10, width: 320, height: 320 }, { width, height })).toEqual(expected);
});
