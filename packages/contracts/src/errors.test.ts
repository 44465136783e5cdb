import { expect, it } from 'vitest';
import { TrinetraError } from './errors.ts';

class SinkError extends TrinetraError<'closed'> {}
class SourceError extends TrinetraError<'closed'> {}
class DiskSinkError extends SinkError {}

it('tells errors of its own class, and of those that extend it, from all others', () => {
  const error = new DiskSinkError('closed', 'the sink is closed');
  expect(DiskSinkError.isInstance(error)).toBe(true);
  expect(SinkError.isInstance(error)).toBe(true);
  expect(TrinetraError.isInstance(error)).toBe(true);
  expect(SourceError.isInstance(error)).toBe(false);
  expect(DiskSinkError.isInstance(new SinkError('closed', ''))).toBe(false);
});

it('knows an error that another copy of the package made', () => {
  class Copy extends Error {
    static {
      Object.defineProperty(Copy.prototype, Symbol.for('trinetra.error'), {
        value: ['SinkError', 'TrinetraError2'],
      });
    }
  }
  expect(SinkError.isInstance(new Copy())).toBe(true);
  expect(TrinetraError.isInstance(new Copy())).toBe(true);
  expect(SourceError.isInstance(new Copy())).toBe(false);
});

it.each([null, undefined, 'closed', new Error('closed'), {}])('takes %s for no error of ours', (value) => {
  expect(TrinetraError.isInstance(value)).toBe(false);
});
