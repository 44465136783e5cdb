/** A unit of time for people. */
export interface DurationUnit {
  readonly name: 'ms' | 's' | 'min' | 'h';
  readonly ms: number;
}

/** Each up to where the next one reads better: 9 s are 9000 ms, 150 000 ms are 2.5 min. */
const units: readonly (DurationUnit & { readonly upToMs: number })[] = [
  { name: 'ms', ms: 1, upToMs: 10_000 },
  { name: 's', ms: 1000, upToMs: 120_000 },
  { name: 'min', ms: 60_000, upToMs: 7_200_000 },
  { name: 'h', ms: 3_600_000, upToMs: Infinity },
];

/** The unit for an axis of durations up to `mostMs`. */
export function durationUnit(mostMs: number): DurationUnit {
  const { name, ms } = units.find(({ upToMs }) => mostMs < upToMs) ?? { name: 'h', ms: 3_600_000 };
  return { name, ms };
}
