/** Rounds half to even, as Python's `round()` and C's `rint` do; never `-0`. */
export function roundHalfEven(value: number): number {
  const rounded = Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
  return rounded + 0;
}
