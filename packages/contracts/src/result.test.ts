import { expect, it } from 'vitest';
import { type Result, valueOrThrow } from './result.ts';

const thrownOf = (result: Result<number>): unknown => {
  try {
    return valueOrThrow(result);
  } catch (error) {
    return error;
  }
};

it('gives the value, else throws what was thrown, else the reason and the message', () => {
  const error = new Error('broken');
  expect(thrownOf({ ok: true, value: 3 })).toBe(3);
  expect(thrownOf({ ok: false, reason: 'run_failed', message: 'told', error })).toBe(error);
  expect(thrownOf({ ok: false, reason: 'empty', message: 'no bytes' })).toMatchObject({
    code: 'empty',
    message: 'no bytes',
  });
  expect(thrownOf({ ok: false, reason: 'zero' })).toMatchObject({ code: 'zero', message: 'zero' });
});
