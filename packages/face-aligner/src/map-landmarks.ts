import type { FaceLandmarks, Point } from '@trinetra/contracts';

/** Moves each landmark; what `map` loses, the number of five, stays in the type. */
export function mapLandmarks([a, b, c, d, e]: FaceLandmarks, move: (point: Point) => Point): FaceLandmarks {
  return [move(a), move(b), move(c), move(d), move(e)];
}
