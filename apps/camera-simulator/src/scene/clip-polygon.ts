type Point = readonly [number, number];

/** Keeps the side of an upright or level line where `inside` holds; `cross` gives the point on the line. */
function cut(
  points: readonly Point[],
  inside: (point: Point) => boolean,
  cross: (a: Point, b: Point) => Point,
): Point[] {
  return points.flatMap((point, index) => {
    const before = points.at(index - 1) ?? point;
    const crossing = inside(point) === inside(before) ? [] : [cross(before, point)];
    return inside(point) ? [...crossing, point] : crossing;
  });
}

/**
 * The part of a polygon within `0..width` and `0..height`; no points where there is none.
 *
 * @see Sutherland, Hodgman: Reentrant Polygon Clipping, Communications of the ACM 17(1), 1974.
 */
export function clipPolygon(polygon: readonly Point[], width: number, height: number): Point[] {
  const atX =
    (x: number) =>
    (a: Point, b: Point): Point => [x, a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0])];
  const atY =
    (y: number) =>
    (a: Point, b: Point): Point => [a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]), y];
  let points: Point[] = [...polygon];
  points = cut(points, ([x]) => x >= 0, atX(0));
  points = cut(points, ([x]) => x <= width, atX(width));
  points = cut(points, ([, y]) => y >= 0, atY(0));
  return cut(points, ([, y]) => y <= height, atY(height));
}
