/** `1 frame`, `2 frames`: for nouns with a plural in s. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
