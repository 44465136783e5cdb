import { isCameraId } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createCameras } from './cameras.ts';
import { corrupt } from './corrupt.ts';
import { createProgress, describeSummary } from './progress.ts';
import { createRandom, createRandomOf } from './random.ts';
import type { Summary } from './summary.ts';

describe('createCameras', () => {
  it('names cameras by their types, which come in turn', () => {
    expect(createCameras(9).map(({ id }) => id)).toEqual([
      'cam_entrance_01',
      'cam_billing_02',
      'cam_face_capture_03',
      'cam_tracking_04',
      'cam_vehicle_05',
      'cam_emotion_06',
      'cam_others_07',
      'cam_entrance_08',
      'cam_billing_09',
    ]);
  });

  it('takes only the types that it is told to', () => {
    expect(createCameras(3, ['billing', 'others']).map(({ id, type }) => `${id} ${type}`)).toEqual([
      'cam_billing_01 billing',
      'cam_others_02 others',
      'cam_billing_03 billing',
    ]);
  });

  it('gives each of many cameras a name of its own that is a camera id', () => {
    const ids = createCameras(10_000).map(({ id }) => id);
    expect(new Set(ids).size).toBe(10_000);
    expect(ids.every(isCameraId)).toBe(true);
  });
});

describe('createRandom', () => {
  it('repeats itself for a seed, and spreads over 0..1', () => {
    const take = (random: () => number): number[] => Array.from({ length: 10_000 }, random);
    const numbers = take(createRandom(42));
    expect(take(createRandom(42))).toEqual(numbers);
    expect(take(createRandom(43))).not.toEqual(numbers);
    expect(take(createRandomOf(42, 0))).not.toEqual(take(createRandomOf(42, 1)));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(numbers.reduce((sum, value) => sum + value, 0) / numbers.length).toBeCloseTo(0.5, 1);
  });
});

describe('corrupt', () => {
  it('never touches the picture itself, nor leaves it whole or empty', () => {
    const picture = Buffer.from([0xff, 0xd8, 0xff, ...Array(500).fill(7)]);
    const copy = Buffer.from(picture);
    const random = createRandom(1);
    for (let i = 0; i < 300; i += 1) {
      const { bytes } = corrupt(picture, random);
      expect(bytes.equals(picture)).toBe(false);
      expect(bytes.length).toBeGreaterThan(0);
    }
    expect(picture.equals(copy)).toBe(true);
  });
});

describe('createProgress', () => {
  const summary: Summary = {
    frames_in: 12,
    corrupt: 1,
    write_errors: 0,
    seconds: 1.5,
    max_late_ms: 3,
    cameras: { cam_a: { camera_type: 'others', frames_in: 12, corrupt: 1 } },
  };

  function screenOf(isTTY: boolean): { isTTY: boolean; text: string[]; write: (text: string) => void } {
    const text: string[] = [];
    return { isTTY, text, write: (line) => void text.push(line) };
  }

  it('writes one line over itself on a terminal, at most five times a second', () => {
    const screen = screenOf(true);
    let time = 0;
    const progress = createProgress(screen, 100, () => time);
    for (time = 0; time < 1000; time += 10) progress.show(summary);
    progress.end();
    expect(screen.text).toHaveLength(6);
    expect(screen.text[0]).toBe(
      '\r\u001b[K[##----------------------]  12 % 12 of 100 frames from 1 cameras, 1.5 s',
    );
    expect(screen.text.at(-1)).toBe('\r\u001b[K');
  });

  it('fills its bar also with frames that were lost, and has none where there is no end', () => {
    const shown = (expected: number, changes: Partial<Summary>): string => {
      const screen = screenOf(true);
      createProgress(screen, expected, () => 0).show({ ...summary, ...changes });
      return screen.text.join('').replace('\r\u001b[K', '');
    };
    expect(shown(100, { frames_in: 90, write_errors: 10 })).toMatch(
      /^\[#{24}\] 100 % 90 of 100 frames .* 10 not written$/,
    );
    expect(shown(Number.POSITIVE_INFINITY, {})).toBe('12 frames from 1 cameras, 1.5 s');
  });

  it('shows no progress where nobody watches, but says what must be said', () => {
    const screen = screenOf(false);
    const progress = createProgress(screen, 100, () => 0);
    progress.show(summary);
    progress.say('trouble');
    progress.end();
    expect(screen.text).toEqual(['trouble\n']);
  });

  it('describes the end for people', () => {
    expect(describeSummary(summary)).toBe(
      '12 frames in 1.5 s, the latest 3 ms late\n  cam_a: 12 frames, 1 of them corrupt',
    );
  });
});
