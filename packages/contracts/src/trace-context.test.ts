import { describe, expect, it } from 'vitest';
import { parseFrameEntry } from './frame-entry.ts';
import { parseTraceContext } from './trace-context.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('parseTraceContext', () => {
  it.each([
    [traceparent, 'as it is'],
    [traceparent.replace(/01$/, '00'), 'not sampled'],
    [`${traceparent.replace(/^00/, '01')}-what-comes-later`, 'of a later version'],
  ])('takes %s: %s', (value) => {
    expect(parseTraceContext(value, undefined)).toEqual({ traceparent: value });
  });

  it.each<[string | undefined, string]>([
    [undefined, 'missing'],
    ['', 'empty'],
    [traceparent.toUpperCase(), 'in capitals'],
    [`${traceparent}-x`, 'longer than its version'],
    [traceparent.slice(0, -1), 'cut'],
    [traceparent.replace(/^00/, 'ff'), 'of the version that is none'],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'without a trace id'],
    [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`, 'without a span id'],
    [`01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-${'x'.repeat(600)}`, 'too long'],
    [`${traceparent}\n`, 'with a line break'],
  ])('does not take %j: %s', (value) => {
    expect(parseTraceContext(value, undefined)).toBeUndefined();
  });

  it('leaves out a tracestate that is no text of 1 to 512 printable characters', () => {
    expect(parseTraceContext(traceparent, 'a=1,b=2')).toEqual({ traceparent, tracestate: 'a=1,b=2' });
    for (const bad of ['', 'a=\u0000', 'a=é', 'x'.repeat(513)]) {
      expect(parseTraceContext(traceparent, bad)).toEqual({ traceparent });
    }
  });
});

describe('the trace context of an entry', () => {
  const parse = (...more: string[]): unknown => {
    const good = ['camera_id', 'cam_01', 'ingest_ts', '1.5', 'frame', 'x'];
    const result = parseFrameEntry(
      'frames:cam_01',
      '1-0',
      [...good, ...more].map((text) => Buffer.from(text)),
    );
    return result.ok ? (result.entry.traceContext ?? 'none') : result.problem;
  };

  it('is read from traceparent and tracestate', () => {
    expect(parse('traceparent', traceparent, 'tracestate', 'a=1')).toEqual({
      traceparent,
      tracestate: 'a=1',
    });
  });

  it.each([
    [['traceparent', 'no trace']],
    [['traceparent', 'x'.repeat(100_000)]],
    [['traceparent', traceparent, 'traceparent', traceparent]],
    [['tracestate', 'a=1']],
    [[]],
  ])('is none, and costs no frame, with %j', (fields) => {
    expect(parse(...fields)).toBe('none');
  });

  it('is kept where only its tracestate is bad', () => {
    for (const bad of [['x'.repeat(513)], ['a=1', 'tracestate', 'a=1']]) {
      expect(parse('traceparent', traceparent, 'tracestate', ...bad)).toEqual({ traceparent });
    }
  });
});
