const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A time in the unit that fits: `4.2 s`, `12 s`, `2.5 min`, `3.1 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3570) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** `1 frame`, `1,234 frames`. */
export function plural(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Names in full, the first three of many: `a, b, c and 3 more`. */
export function listed(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed();
  if (names.length > 3) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
