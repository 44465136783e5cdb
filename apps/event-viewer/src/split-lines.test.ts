import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineSplitter } from './split-lines.ts';

it('gives the same lines however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 8 }),
      fc.array(fc.nat(20)),
      (parts, cuts) => {
        const text = parts.join('\n');
        const splitter = createLineSplitter();
        const bytes = Buffer.from(text);
        const lines: Uint8Array[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          lines.push(...splitter.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        lines.push(splitter.flush() ?? Buffer.alloc(0));
        expect(lines.map((line) => Buffer.from(line).toString())).toEqual(
          Buffer.from(text).toString().split('\n'),
        );
      },
    ),
  );
});

it('keeps only the beginning of a line that is too long, and reads on behind it', () => {
  const splitter = createLineSplitter(4);
  expect(splitter.push(Buffer.from('abcdef'))).toEqual([]);
  expect(splitter.push(Buffer.from('ghi\nxy\n')).map(String)).toEqual(['abcd', 'xy']);
  expect(splitter.flush()).toBeUndefined();
});
