import { describe, expect, it } from 'vitest';
import { aspectRatioOf, encodeFrame, fullPicture, sizeWithin, waysToSend } from './ways-to-send.ts';

const wayNamed = (pattern: RegExp): (typeof waysToSend)[number] =>
  waysToSend.find(({ name }) => pattern.test(name)) ?? fullPicture;
const photo = { width: 1920, height: 1280 };
const square = { width: 640, height: 640 };

describe('sizeWithin', () => {
  it.each([
    ['a wide picture', 960, { width: 1920, height: 1080 }, { width: 960, height: 540 }],
    ['a tall one', 960, { width: 1080, height: 1920 }, { width: 540, height: 960 }],
    ['a small one, which is not enlarged', 960, { width: 259, height: 194 }, { width: 259, height: 194 }],
    ['a line, which keeps a pixel', 640, { width: 4000, height: 1 }, { width: 640, height: 1 }],
  ])('keeps the proportions of %s', (_, side, picture, expected) => {
    expect(sizeWithin(side, picture)).toEqual(expected);
  });
});

describe('aspectRatioOf', () => {
  it.each([
    [/taken as it is/, 1],
    [/nothing told/, 16 / 9],
    [/`width` and `height` sent/, 3 / 2],
  ])('is what the worker takes a squashed frame for: %s', (pattern, expected) => {
    expect(aspectRatioOf(wayNamed(pattern), photo)(square)).toBe(expected);
  });

  it('is that of the picture where it is not squashed, a square one too', () => {
    expect(aspectRatioOf(fullPicture, photo)(photo)).toBe(3 / 2);
    expect(aspectRatioOf(fullPicture, square)(square)).toBe(1);
  });
});

describe('encodeFrame', () => {
  const picture = { data: new Uint8Array(800 * 400 * 3).fill(90), width: 800, height: 400 };
  const file = Buffer.from('the file');
  /** Height and width of a baseline JPEG, and the sampling of its luma, as its header has them. */
  const headerOf = (jpeg: Buffer): number[] => {
    const at = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5), jpeg[at + 11] ?? 0];
  };

  it('sends the file itself as the reference', async () => {
    expect(await encodeFrame(fullPicture, picture, file)).toBe(file);
  });

  it.each([
    ['squashed', /^squashed, nothing/, [640, 640, 0x22]],
    ['in proportion', /640 px/, [640, 320, 0x22]],
    ['not enlarged', /1280 px/, [800, 400, 0x22]],
  ])('makes a JPEG with half the colour each way: %s', async (_, pattern, expected) => {
    expect(headerOf(await encodeFrame(wayNamed(pattern), picture, file))).toEqual(expected);
  });
});
