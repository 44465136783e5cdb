import { describe, expect, it } from 'vitest';
import {
  createCameraAspect,
  parseAspectRatio,
  parseCameraAspects,
  pixelAspectRatioOf,
} from './camera-aspect.ts';

const square = { width: 640, height: 640 };

describe('createCameraAspect', () => {
  const aspectOf = createCameraAspect({
    cameraAspects: parseCameraAspects('cam_01=4:3, cam_entrance_*=2560x1440,cam_*=9:16'),
  });

  it.each([
    ['the sizes in the entry first', 'cam_01', { width: 1920, height: 1080 }, square, 16 / 9, 'entry'],
    ['the configuration of its camera', 'cam_01', undefined, square, 4 / 3, 'camera_aspects'],
    ['a glob over cameras', 'cam_entrance_07', undefined, square, 16 / 9, 'camera_aspects'],
    ['the first rule that matches', 'cam_02', undefined, square, 9 / 16, 'camera_aspects'],
    ['16:9 for a square frame of another camera', 'lobby', undefined, square, 16 / 9, 'frame_aspect'],
    ['a frame that is not square as it is', 'lobby', undefined, { width: 640, height: 360 }, 16 / 9, 'frame'],
    [
      'a frame that is nearly square as it is',
      'lobby',
      undefined,
      { width: 640, height: 639 },
      640 / 639,
      'frame',
    ],
    [
      'sizes for frames that are not square',
      'lobby',
      { width: 4, height: 3 },
      { width: 640, height: 360 },
      4 / 3,
      'entry',
    ],
  ] as const)('takes %s', (_, cameraId, originalSize, frame, aspectRatio, source) => {
    const entry = originalSize === undefined ? { cameraId } : { cameraId, originalSize };
    expect(aspectOf(entry, frame)).toEqual({ aspectRatio, source });
  });

  it('says which configured aspect it does not use, as the frames are not square', () => {
    expect(aspectOf({ cameraId: 'cam_entrance_1' }, { width: 640, height: 480 })).toEqual({
      aspectRatio: 4 / 3,
      source: 'frame',
      unusedAspectRatio: 16 / 9,
    });
    expect(aspectOf({ cameraId: 'cam_entrance_1' }, { width: 640, height: 360 })).toEqual({
      aspectRatio: 16 / 9,
      source: 'frame',
    });
  });

  it('takes square frames as they are where it is told to', () => {
    expect(createCameraAspect({ frameAspect: null })({ cameraId: 'lobby' }, square)).toEqual({
      aspectRatio: 1,
      source: 'frame',
    });
  });
});

describe('parseAspectRatio', () => {
  it.each([
    ['16:9', 16 / 9],
    ['2560x1440', 16 / 9],
    [' 1.85 : 1 ', 1.85],
    ['9:16', 9 / 16],
    ['16/9', null],
    ['16:0', null],
    ['0:9', null],
    ['1000:1', null],
    ['', null],
  ])('reads %j as %s', (text, expected) => {
    expect(parseAspectRatio(text)).toBe(expected);
  });
});

describe('parseCameraAspects', () => {
  it.each([
    'cam_01',
    'cam_01=',
    '=4:3',
    'cam_01=4:3,',
    'cam_01=wide',
    'cam_[z-a]=4:3',
    'cam\u200b=4:3',
    'cam=4:3;cam2=4:3',
    'a=b=4:3',
  ])('refuses %j', (text) => {
    expect(() => parseCameraAspects(text)).toThrow(SyntaxError);
  });

  it('names every part that is wrong', () => {
    expect(() => parseCameraAspects('a=1,b=4:3,c=2:0')).toThrow(/"a=1".*"c=2:0"/);
  });

  it.each(['Front Door', 'lobby/cam1', 'Escritório', '{site1}:cam1', 'кам'])(
    'takes the camera %s',
    (cameras) => {
      const rules = parseCameraAspects(`a=16:9, ${cameras} =4:3`);
      expect(rules[1]).toEqual({ cameras, aspectRatio: 4 / 3 });
      expect(
        createCameraAspect({ cameraAspects: rules })({ cameraId: cameras }, { width: 9, height: 9 }),
      ).toEqual({
        aspectRatio: 4 / 3,
        source: 'camera_aspects',
      });
    },
  );

  it('takes ids with a colon in them', () => {
    expect(parseCameraAspects('site:cam=4:3')).toEqual([{ cameras: 'site:cam', aspectRatio: 4 / 3 }]);
  });
});

describe('pixelAspectRatioOf', () => {
  it.each([
    ['a squashed frame', { width: 640, height: 640 }, 1920 / 1080, 16 / 9],
    ['a portrait one', { width: 640, height: 640 }, 9 / 16, 9 / 16],
    ['a frame scaled in proportion', { width: 640, height: 360 }, 1920 / 1080, 1],
    ['one whose height was rounded', { width: 640, height: 361 }, 1920 / 1080, 1],
    ['one whose width was rounded', { width: 853, height: 480 }, 1920 / 1080, 1],
    ['one that is squashed by a little', { width: 704, height: 576 }, 4 / 3, ((4 / 3) * 576) / 704],
  ])('knows %s', (_, frame, aspectRatio, expected) => {
    expect(pixelAspectRatioOf(frame, aspectRatio)).toBeCloseTo(expected, 12);
  });
});
