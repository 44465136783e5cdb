/** Whether the long version of the tests runs: `npm run test:faults`, `npm run test:release`. */
export const isFullRun: boolean = process.env['FAULTS'] === 'full';

/** How often a test does something: a short version inside `npm test`, the full one in `npm run test:faults`. */
export function times(short: number, full: number): number {
  return isFullRun ? full : short;
}

/** The variants of a fact that run: all in `npm run test:faults`, the first `short` inside `npm test`. */
export function variants<T>(all: readonly T[], short = 1): readonly T[] {
  return isFullRun ? all : all.slice(0, short);
}
