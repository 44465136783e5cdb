import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cameraFileName,
  cameraIdOf,
  cameraIdProblem,
  cameraLabelOf,
  describeName,
  isCameraId,
  maxCameraIdBytes,
  printable,
  streamKeyOf,
} from './camera-id.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 250 }), fc.string({ unit: 'grapheme' }));

describe('isCameraId', () => {
  it.each([
    ['nothing', ''],
    ['201 bytes', 'é'.repeat(100).concat('c')],
    ['a line break', 'a\nb'],
    ['a zero byte', 'a\0'],
    ['an escape of terminals', '\u001b[31m'],
    ['a control of the upper half', 'a\u0085'],
    ['half of a surrogate pair', 'a\ud800'],
    ['a separator of lines', 'a\u2028b'],
    ['an override of the direction', 'cam\u202egpj.'],
    ['a space without width', 'cam\u200b'],
    ['a mark of byte order', '\ufeffcam'],
    ['a name that stands for many', '_other'],
    ['another one', '_invalid'],
  ])('refuses %s, and says why without the name', (_, name) => {
    expect(isCameraId(name)).toBe(false);
    expect(cameraIdProblem(name)).toMatch(/^expected [\x20-\x7e]+$/);
  });

  it.each(['c', 'é'.repeat(100), ' ', '_', '\u{1f3e0}', 'می‌خواهم', "'; --", '%2e', '*', '\ufffd'])(
    'takes %j',
    (name) => {
      expect(cameraIdProblem(name)).toBeUndefined();
    },
  );
});

describe('names of cameras', () => {
  it('turn into their stream and back', () => {
    fc.assert(fc.property(anyText, (name) => cameraIdOf(streamKeyOf(name)) === name));
  });

  it('stand in a log or a label as they are, or as _invalid', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        expect(cameraLabelOf(streamKeyOf(name))).toBe(isCameraId(name) ? name : '_invalid');
        if (isCameraId(name)) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(maxCameraIdBytes);
      }),
    );
  });
});

describe('cameraFileName', () => {
  it.each([
    ['cam_01.a:b-c', 'cam_01.a:b-c'],
    ['Front Door', 'Front%20Door'],
    ['lobby/cam1', 'lobby%2fcam1'],
    ['..', '%2e.'],
    ['é', '%c3%a9'],
    ['%2e.', '%252e.'],
    ['~', '%7e'],
  ])('writes %j as %j', (name, file) => {
    expect(cameraFileName(name)).toBe(file);
  });

  it('gives each camera a plain, short name of its own', () => {
    const files = new Map<string, string>();
    fc.assert(
      fc.property(anyText.filter(isCameraId), (name) => {
        const file = cameraFileName(name);
        expect(file).toMatch(/^[A-Za-z0-9_:%~-][A-Za-z0-9_.:%~-]{0,159}$/);
        expect(files.get(file) ?? name).toBe(name);
        files.set(file, name);
      }),
      { numRuns: 2000 },
    );
    const long = ['é'.repeat(100), `${'é'.repeat(99)}ê`].map(cameraFileName);
    expect(new Set(long).size).toBe(2);
  });
});

describe('what is shown of a hostile text', () => {
  it('is nothing that a terminal would act on, and nothing twice the same', () => {
    expect(printable('a\u001b[2J\u009b\u0007\u202e\u2028\n\\b\u{e0001}é日')).toBe(
      String.raw`a\u{1b}[2J\u{9b}\u{7}\u{202e}\u{2028}\n\\b\u{e0001}é日`,
    );
  });

  it('is its beginning where it is a name, and its bytes where it is no UTF-8', () => {
    expect(describeName('a\n')).toBe(String.raw`a\n`);
    expect(describeName('c'.repeat(65))).toBe(`${'c'.repeat(64)}…`);
    expect(describeName(Buffer.from('\u202ecam'))).toBe(String.raw`\u{202e}cam`);
    expect(describeName(Buffer.from([0x63, 0xff, 0x5c]))).toBe(String.raw`c\xff\x5c`);
  });
});
