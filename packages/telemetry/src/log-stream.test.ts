import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogStream } from './log-stream.ts';

/** A stream whose reader takes a chunk when it is told to. */
function slowReader() {
  const taken: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    autoDestroy: false,
    write: (chunk: string, _, done) => {
      taken.push(chunk);
      waiting.push(done);
    },
  });
  const take = (error?: Error): void => waiting.shift()?.(error);
  return { stream, taken, take, waiting };
}

it('keeps a mebibyte of lines for a reader that does not read, and tells how many it left out', () => {
  const { stream, taken, take, waiting } = slowReader();
  const log = createLogStream(stream);
  const line = `${'x'.repeat(1023)}\n`;
  for (let index = 0; index < 5000; index += 1) log.write(line);
  expect(stream.writableLength).toBeLessThanOrEqual(1024 * 1024 + 1024);
  const kept = stream.writableLength / 1024;
  while (waiting.length > 0) take();
  log.write('after\n');
  while (waiting.length > 0) take();
  expect(taken).toHaveLength(kept + 2);
  expect(JSON.parse(taken.at(-2) ?? '')).toMatchObject({ level: 'warn', lines: 5000 - kept });
  expect(taken.at(-1)).toBe('after\n');
});

it('writes nothing more to a reader that went away', () => {
  const { stream, taken, take } = slowReader();
  const log = createLogStream(stream);
  log.write('a\n');
  take(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  log.write('b\n');
  expect(taken).toEqual(['a\n']);
});
