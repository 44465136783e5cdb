import type { Size } from '@trinetra/contracts';
import { divideIntoRows, rowWidth } from './sheet-rows.ts';

/** A rectangle on the sheet, px. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Layout of the contact sheet, px. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  /** Places the pictures row by row, each cell with its picture's proportions. */
  readonly tiles: readonly Rectangle[];
}

/** Space around and between tiles. */
export const gap = 24;
/** Above the first row. */
const headerHeight = 84;
/** Below each tile. */
const captionHeight = 52;
/** Room for title and legend. */
const leastSheetWidth = 640;
/** Highest row, so that one tall picture does not make the sheet a poster. */
const greatestHeight = 640;
/** Narrower pictures get a square cell with room for the caption. */
const leastAspect = 1;
/** Preferred width by height of the sheet. */
const wantedAspect = 1.4;

type Rows = readonly (readonly number[])[];

/** All rows are as wide as the sheet; cells are of about the same area in any sheet of up to 16. */
function sizeRows(rows: Rows, count: number): { width: number; height: number; heights: number[] } {
  const cellArea = count <= 16 ? 480 * 300 : 360 * 225;
  const inverse = rows.reduce((sum, row) => sum + 1 / rowWidth(row), 0);
  const width = Math.max(leastSheetWidth, Math.round(Math.sqrt((count * cellArea) / inverse)));
  const heights = rows.map((row) =>
    Math.min(greatestHeight, (width - gap * (row.length + 1)) / rowWidth(row)),
  );
  const height = heights.reduce((sum, one) => sum + one + captionHeight + gap, headerHeight);
  return { width, height: Math.ceil(height), heights };
}

/** Cost of a layout: rows of different heights look worse than a sheet that is too wide or too tall. */
function judgeRows(rows: Rows, count: number): number {
  const { width, height } = sizeRows(rows, count);
  const widths = rows.map(rowWidth);
  const unevenness = Math.log(Math.max(...widths) / Math.min(...widths));
  return Math.abs(Math.log(width / height / wantedAspect)) + 1.5 * unevenness;
}

/** Puts pictures of any proportions into rows, in order and unstretched. */
export function layOutSheet(pictures: readonly Size[]): SheetLayout {
  if (pictures.length === 0) return { width: leastSheetWidth, height: headerHeight, tiles: [] };
  const aspects = pictures.map(({ width, height }) => Math.max(leastAspect, width / height));
  const count = aspects.length;
  const [best = []] = divideIntoRows(aspects).toSorted((a, b) => judgeRows(a, count) - judgeRows(b, count));
  const { width, height, heights } = sizeRows(best, count);
  let y = headerHeight;
  const tiles = best.flatMap((row, index) => {
    const rowHeight = heights[index] ?? 0;
    let x = gap;
    const cells = row.map((aspect): Rectangle => {
      const cell = { x, y, width: rowHeight * aspect, height: rowHeight };
      x += cell.width + gap;
      return cell;
    });
    y += rowHeight + captionHeight + gap;
    return cells;
  });
  return { width, height, tiles };
}

/** From 0..1 of the frame to the tile. */
export function placePoint(
  point: readonly [number, number],
  tile: Rectangle,
): { readonly x: number; readonly y: number } {
  return { x: tile.x + point[0] * tile.width, y: tile.y + point[1] * tile.height };
}

/** A box `[x1, y1, x2, y2]` in 0..1 of the frame, on the tile. */
export function placeBox(box: readonly [number, number, number, number], tile: Rectangle): Rectangle {
  const { x, y } = placePoint([box[0], box[1]], tile);
  return { x, y, width: (box[2] - box[0]) * tile.width, height: (box[3] - box[1]) * tile.height };
}

/** Puts the label of a box above it, or inside it if there is no room above, and never past the tile's sides. */
export function placeLabel(
  box: Rectangle,
  size: { readonly width: number; readonly height: number },
  tile: Rectangle,
): Rectangle {
  const rightmost = tile.x + tile.width - size.width;
  return {
    x: Math.max(tile.x, Math.min(box.x, rightmost)),
    y: box.y - size.height >= tile.y ? box.y - size.height : Math.max(box.y, tile.y),
    ...size,
  };
}

/** The largest rectangle of a picture's proportions in a tile, at its bottom left above the caption. */
export function fitInto(tile: Rectangle, picture: Size): Rectangle {
  const scale = Math.min(tile.width / picture.width, tile.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: tile.x, y: tile.y + tile.height - height, width, height };
}
