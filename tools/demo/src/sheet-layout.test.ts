import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitInto, layOutSheet, placeBox, placeLabel, placePoint, type Rectangle } from './sheet-layout.ts';

const tile: Rectangle = { x: 100, y: 200, width: 400, height: 400 };

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

describe('layOutSheet', () => {
  it('keeps every tile on the sheet and apart from the others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 48 }), (count) => {
        const { width, height, tiles } = layOutSheet(count);
        expect(tiles).toHaveLength(count);
        for (const [i, one] of tiles.entries()) {
          expect(contains({ x: 0, y: 0, width, height }, one)).toBe(true);
          for (const other of tiles.slice(i + 1)) {
            const apart = Math.abs(one.x - other.x) >= one.width || Math.abs(one.y - other.y) >= one.height;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  it('puts nine pictures into three rows of three', () => {
    const { tiles } = layOutSheet(9);
    expect(new Set(tiles.map(({ x }) => x)).size).toBe(3);
    expect(new Set(tiles.map(({ y }) => y)).size).toBe(3);
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
  [300, 600, { x: 90, y: 10, width: 160, height: 320 }],
])('shows a picture of %i x %i in its proportions', (width, height, expected) => {
  expect(fitInto({ x: 10, y: 10, width: 320, height: 320 }, { width, height })).toEqual(expected);
});
