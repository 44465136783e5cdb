import type { FaceLandmarks, Point } from '@trinetra/contracts';
import { FaceGeometryError } from './errors.ts';

/** A 2x3 affine transform `[a, b, c, d, e, f]`: `x' = a x + b y + c`, `y' = d x + e y + f`. */
export type Affine = readonly [number, number, number, number, number, number];

/** Where the landmarks stand in a 112x112 face. @see https://github.com/deepinsight/insightface (face_align.py) */
export const arcfaceTemplate: FaceLandmarks = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

/**
 * The least-squares similarity (rotation, uniform scale, translation; never a reflection) that takes `source` to
 * `target`. In the plane Umeyama's solution has a closed form: with centred points as complex numbers the factor is
 * `sum(conj(s) t) / sum(|s|^2)`. Null where the source points coincide or are not finite.
 *
 * @throws {FaceGeometryError} `invalid_options` where the lists differ in length.
 * @see S. Umeyama, Least-squares estimation of transformation parameters between two point patterns, PAMI 1991.
 */
export function similarityTransform(source: readonly Point[], target: readonly Point[]): Affine | null {
  const n = source.length;
  if (target.length !== n) {
    throw new FaceGeometryError(
      'invalid_options',
      `Expected as many source as target points but received ${n} and ${target.length}`,
    );
  }
  const mean = (points: readonly Point[], axis: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[axis], 0) / n;
  const [sx, sy, tx, ty] = [mean(source, 0), mean(source, 1), mean(target, 0), mean(target, 1)];
  let real = 0;
  let imaginary = 0;
  let variance = 0;
  for (const [index, point] of source.entries()) {
    const goal = target[index] ?? point;
    const [px, py, qx, qy] = [point[0] - sx, point[1] - sy, goal[0] - tx, goal[1] - ty];
    real += px * qx + py * qy;
    imaginary += px * qy - py * qx;
    variance += px * px + py * py;
  }
  if (!(variance > 1e-9 && variance < Number.POSITIVE_INFINITY)) return null;
  const [a, b] = [real / variance, imaginary / variance];
  return [a, -b, tx - a * sx + b * sy, b, a, ty - b * sx - a * sy];
}

/** The transform that takes points back; null where there is none. */
export function invertAffine([a, b, c, d, e, f]: Affine): Affine | null {
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > 1e-12)) return null;
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)];
}
