import type { EventDetection } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../test/frames.ts';
import { hiddenRegions } from './hidden-regions.ts';

const landmarks = [
  [0.5, 0.5],
  [0.5, 0.5],
  [0.5, 0.5],
  [0.5, 0.5],
  [0.5, 0.5],
] as [[number, number], [number, number], [number, number], [number, number], [number, number]];

function regionsOf(person: Pick<EventDetection, 'bbox' | 'face'>, aspect = 1) {
  return hiddenRegions(eventOf('c', [{ confidence: 0.9, ...person }]), aspect);
}

describe('hiddenRegions', () => {
  it('covers a found face with a margin', () => {
    const face = { bbox: [0.4, 0.4, 0.6, 0.6] as [number, number, number, number], landmarks, score: 0.9 };
    const [region] = regionsOf({ bbox: [0.2, 0.2, 0.8, 1], face });
    expect(region?.map((value) => value.toFixed(2))).toEqual(['0.33', '0.33', '0.67', '0.67']);
  });

  it.each(['no_face', 'too_small', 'failed', 'not_run', undefined] as const)(
    'covers the head of a person whose face is %s',
    (face) => {
      const [region] = regionsOf({ bbox: [0.4, 0.1, 0.6, 0.9], face });
      const [x1, y1, x2, y2] = region ?? [1, 1, 0, 0];
      expect(x1).toBeLessThan(0.4);
      expect(y1).toBeLessThan(0.1);
      expect(x2).toBeGreaterThan(0.6);
      // a third of the standing person, as the box is narrow
      expect(y2).toBeGreaterThan(0.1 + 0.8 / 3);
      expect(y2).toBeLessThan(0.5);
    },
  );

  it('covers the head of a person, too, whose face may be that of somebody beside', () => {
    const face = { bbox: [0.5, 0.2, 0.6, 0.3] as [number, number, number, number], landmarks, score: 0.9 };
    const regions = regionsOf({ bbox: [0.2, 0.1, 0.6, 0.9], face });
    expect(regions).toHaveLength(2);
    expect(regions[1]?.[0]).toBeLessThan(0.2);
    expect(regions[1]?.[2]).toBeGreaterThan(0.6);
  });

  it('covers a head as high as the person is wide in the shape of the picture', () => {
    const [region] = regionsOf({ bbox: [0.4, 0.4, 0.6, 1], face: 'no_face' }, 16 / 9);
    expect(region?.[3]).toBeGreaterThan(0.4 + 0.2 * (16 / 9));
  });

  it('covers everything where detection failed', () => {
    expect(hiddenRegions(eventOf('c', [], 'failed'), 1)).toEqual([[0, 0, 1, 1]]);
  });
});
