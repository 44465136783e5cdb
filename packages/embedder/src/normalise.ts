import type { Result } from '@trinetra/contracts';

/** A vector shorter than this has no direction: what is left of it is rounding. */
const leastNorm = 1e-12;

/**
 * Scales to unit length, summing in double precision.
 *
 * @returns A failure, `zero` or `not_finite`, for a vector that has no direction.
 */
export function normalise(vector: Float32Array): Result<Float32Array, 'zero' | 'not_finite'> {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  if (!Number.isFinite(norm)) return { ok: false, reason: 'not_finite' };
  if (norm <= leastNorm) return { ok: false, reason: 'zero' };
  return { ok: true, value: vector.map((value) => value / norm) };
}
