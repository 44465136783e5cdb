import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseFlags } from './parse-flags.ts';
import { whole } from './parsers.ts';

it('names options as they stand on the command line, and arguments and variables as they are', () => {
  const schema = z.object({ saveCrops: z.string('expected a folder'), A: whole(1), limit: whole(1) });
  expect(() => parseFlags(schema, { A: '0', limit: '7' }, (text) => new Error(text))).toThrow(
    '--save-crops: expected a folder\nA: expected a whole number from 1 but received "0"',
  );
});
