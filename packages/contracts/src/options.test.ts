import { expect, it } from 'vitest';
import { z } from 'zod';
import { TrinetraError } from './errors.ts';
import { defined, parseOptions } from './options.ts';

class PortError extends TrinetraError<'invalid_options'> {}

const schema = z.strictObject({
  port: z.int().min(1).default(8002),
  password: z.string().min(8).optional(),
  tls: z.strictObject({ depth: z.int().max(9) }).optional(),
});

const errorOf = (message: string, options: { readonly cause: unknown }): PortError =>
  new PortError('invalid_options', message, options);

it('fills in what is not given or undefined', () => {
  expect(parseOptions(schema, { port: undefined }, { errorOf })).toEqual({ port: 8002 });
});

it('names everything that is wrong, with numbers that were received, and repeats no text', () => {
  const given = { port: 0, password: 'secret', tls: { depth: 12 }, hots: 'x' };
  const wrong = (): unknown => parseOptions(schema, given, { errorOf, prefix: 'server' });
  expect(wrong).toThrow(PortError);
  expect(wrong).toThrow(
    /^server\.port: .*, received 0; server\.password: .*; server\.tls\.depth: .*, received 12; server: .*"hots"/,
  );
  expect(wrong).not.toThrow(/secret/);
});

it('leaves out only what is undefined', () => {
  expect(defined({ a: undefined, b: null, c: 0 })).toEqual({ b: null, c: 0 });
});

it.each([
  [undefined, 'nothing'],
  [null, 'null'],
  ['redis://:secret@cache', 'a string'],
  [[], 'a list'],
])('refuses %j in place of options, and repeats no text', (given, received) => {
  const wrong = (): unknown => parseOptions(schema, given as never, { errorOf });
  expect(wrong).toThrow(PortError);
  expect(wrong).toThrow(new RegExp(`^options: expected an object but received ${received}$`));
});
