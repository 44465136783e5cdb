import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ContractsError } from './contracts-error.ts';
import { encodeFrameEntry, type FrameToWrite } from './encode-frame-entry.ts';
import { parseFrameEntry } from './frame-entry.ts';

const frame: FrameToWrite = {
  cameraId: 'lobby/Front Door',
  cameraType: 'entrance',
  ingestTs: 1771840000.125,
  frame: Uint8Array.of(1, 2, 3),
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('writes what the worker reads back, with the bytes of the picture themselves', () => {
  const size = fc.record({
    width: fc.integer({ min: 640, max: 9999 }),
    height: fc.integer({ min: 640, max: 9999 }),
  });
  const times = fc.double({ min: 0, max: 1e11, noNaN: true });
  fc.assert(
    fc.property(
      fc.option(size, { nil: undefined }),
      times,
      fc.boolean(),
      (originalSize, ingestTs, traced) => {
        const given = {
          ...frame,
          ingestTs,
          ...(originalSize === undefined ? {} : { originalSize }),
          ...(traced ? { traceContext: { traceparent, tracestate: 'a=b' } } : {}),
        };
        const { key, fields } = encodeFrameEntry(given);
        expect(key).toBe('frames:lobby/Front Door');
        expect(fields).toContain(frame.frame);
        expect(parseFrameEntry(key, '1-0', fields)).toEqual({
          ok: true,
          entry: { frameId: '1-0', ...given },
        });
      },
    ),
  );
});

it.each([
  ['a camera without a name', { cameraId: '' }],
  ['a name with a line break', { cameraId: 'a\nb' }],
  ['a type that would be read as another', { cameraType: 'a\u0000b' }],
  ['milliseconds of no clock', { ingestTs: Number.NaN }],
  ['no picture', { frame: new Uint8Array() }],
  ['no whole size', { originalSize: { width: 1.5, height: 2 } }],
  ['a trace that is none', { traceContext: { traceparent: 'x' } }],
])('refuses %s', (_, change) => {
  expect(() => encodeFrameEntry({ ...frame, ...change })).toThrow(ContractsError);
});
