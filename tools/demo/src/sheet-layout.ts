/** A rectangle on the sheet, px. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything goes on the contact sheet, px. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  /** Where the pictures go, row by row. */
  readonly tiles: readonly Rectangle[];
}

/** Space around and between tiles. */
export const gap = 24;
/** Above the first row. */
const headerHeight = 84;
/** Below each tile. */
const captionHeight = 52;

/** Puts tiles of 4:3 into a grid with about as many columns as rows, and never more than six. */
export function layOutSheet(count: number): SheetLayout {
  const columns = Math.max(1, Math.min(6, Math.ceil(Math.sqrt(count))));
  const rows = Math.max(1, Math.ceil(count / columns));
  const width = columns <= 4 ? 480 : 360;
  const height = (width * 3) / 4;
  const tiles = Array.from({ length: count }, (_, index) => ({
    x: gap + (index % columns) * (width + gap),
    y: headerHeight + Math.floor(index / columns) * (height + captionHeight + gap),
    width,
    height,
  }));
  return {
    width: gap + columns * (width + gap),
    height: headerHeight + rows * (height + captionHeight + gap),
    tiles,
  };
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

/** Puts the label of a box above it; inside it where the tile has no room above, and never past its sides. */
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

/** The largest rectangle of a picture's proportions in a tile, at its bottom so that captions stay close. */
export function fitInto(
  tile: Rectangle,
  picture: { readonly width: number; readonly height: number },
): Rectangle {
  const scale = Math.min(tile.width / picture.width, tile.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: tile.x + (tile.width - width) / 2, y: tile.y + tile.height - height, width, height };
}
