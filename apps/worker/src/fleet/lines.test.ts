import { PassThrough, Readable, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { passLines } from './lines.ts';

/** Takes writes and keeps each of them. */
function target(): { stream: Writable; writes: string[] } {
  const writes: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      writes.push(String(chunk));
      done();
    },
  });
  return { stream, writes };
}

it('writes whole lines only, however they arrive', async () => {
  const { stream, writes } = target();
  const parts = ['{"a":', '1}\n{"b"', ':2}\n{"c":3}\n{"d":', '4}\n'];
  await passLines(Readable.from(parts.map((part) => Buffer.from(part))), stream);
  expect(writes).toEqual(['{"a":1}\n', '{"b":2}\n{"c":3}\n', '{"d":4}\n']);
});

it('ends what was cut off, so that nothing is written behind it on its line', async () => {
  const { stream, writes } = target();
  await passLines(Readable.from([Buffer.from('whole\nha'), Buffer.from('lf')]), stream);
  expect(writes).toEqual(['whole\n', 'half\n']);
});

it('keeps no more than a line of 4 MiB', async () => {
  const { stream, writes } = target();
  const megabyte = Buffer.alloc(1_048_576, 'x');
  await passLines(Readable.from(Array.from({ length: 9 }, () => megabyte)), stream);
  expect(writes.map((text) => text.length)).toEqual([5 * 1_048_576, 4 * 1_048_576 + 1]);
});

it('closes the source where the target is closed, so that its writer does not wait', async () => {
  const { stream } = target();
  stream.on('error', () => undefined);
  stream.destroy();
  const source = new PassThrough();
  source.write('line\n');
  await expect(passLines(source, stream)).rejects.toThrow();
  expect(source.destroyed).toBe(true);
});
