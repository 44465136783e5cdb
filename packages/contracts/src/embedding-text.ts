import { ContractsError } from './contracts-error.ts';

/**
 * Digits after the point of an embedding's numbers. Rounding moves each of 512 numbers by at most 5e-6, the
 * vector by at most 512^0.5 * 5e-6 = 1.1e-4, and the cosine by half the square of that: 6.4e-9.
 */
const digits = 5;
const scale = 10 ** digits;

const comma = 44;
const minus = 45;
const point = 46;
const zero = 48;

/** Longest short number: `-0.12345` and its comma. */
const bytesPerNumber = 9;

let scratch = Buffer.allocUnsafe(512 * bytesPerNumber);

/** Writes `0.ddddd` without trailing zeros; returns the next free position. */
function writeFraction(hundredThousandths: number, at: number): number {
  scratch[at] = zero;
  scratch[at + 1] = point;
  let rest = hundredThousandths;
  let end = at + 1 + digits;
  for (let place = end; place > at + 1; place -= 1) {
    const next = Math.floor(rest / 10);
    scratch[place] = zero + rest - next * 10;
    rest = next;
  }
  while (scratch[end] === zero) end -= 1;
  return end + 1;
}

function writeAny(value: number, at: number): number {
  if (!Number.isFinite(value))
    throw new ContractsError(
      'invalid_event',
      `expected finite numbers in an embedding but received ${value}`,
    );
  const text = String(Number(value.toFixed(digits)));
  return at + scratch.write(text, at, 'latin1');
}

/**
 * Writes the numbers as JSON, `[0.1,-0.02]`, rounded to five digits. It writes digit by digit: `toFixed` takes
 * three times as long, and a crowd has ten thousand numbers.
 *
 * @throws {ContractsError} `invalid_event` where a number is not finite.
 * @param values Usually of magnitude below 1. Others are written right too, only slower.
 */
export function embeddingText(values: readonly number[] | Float32Array): string {
  // One more for the brackets. A number that is not short has at most 25 characters.
  let long = 0;
  for (const value of values) if (Math.abs(value) >= 1) long += 1;
  const room = values.length * bytesPerNumber + 2 + long * 25;
  if (scratch.length < room) scratch = Buffer.allocUnsafe(room);
  let at = 0;
  for (const value of values) {
    if (at > 0) scratch[at++] = comma;
    const rounded = Math.round(Math.abs(value) * scale);
    if (rounded === 0) scratch[at++] = zero;
    else if (rounded < scale) {
      if (value < 0) scratch[at++] = minus;
      at = writeFraction(rounded, at);
    } else at = writeAny(value, at);
  }
  return `[${scratch.toString('latin1', 0, at)}]`;
}
