import { describe, expect, it } from 'vitest';
import { LastHour, type Point } from './last-hour.ts';

const point = (value: number | null): Point => ({
  arrivingFps: value,
  publishedFps: value,
  p95Seconds: value,
  unread: value,
  oldestUnreadAgeSeconds: value,
  droppedPerSecond: value,
});

describe('the last hour', () => {
  it('holds what was added, oldest first, with what is not known as null', () => {
    const hour = new LastHour();
    hour.add(1000, point(7), new Map([['a', point(1.5)]]));
    hour.add(
      2000,
      point(8),
      new Map([
        ['a', point(null)],
        ['b', point(2)],
      ]),
    );
    expect(hour.read()).toMatchObject({ atMs: [1000, 2000], points: { unread: [7, 8] } });
    expect(hour.read('a').points.p95Seconds).toEqual([1.5, null]);
    expect(hour.read('b').points.arrivingFps).toEqual([null, 2]);
    expect(hour.read('c')).toMatchObject({ atMs: [], points: { unread: [] } });
  });

  it('keeps 360 points and no more', () => {
    const hour = new LastHour();
    for (let step = 0; step < 400; step += 1) hour.add(step, point(step), new Map([['a', point(step)]]));
    const read = hour.read('a');
    expect(read.atMs).toHaveLength(360);
    expect(read.atMs[0]).toBe(40);
    expect(read.points.unread.at(0)).toBe(40);
    expect(read.points.unread.at(-1)).toBe(399);
  });

  it('shows a gap for a camera that was away, and forgets it after an hour', () => {
    const hour = new LastHour();
    hour.add(0, point(1), new Map([['a', point(5)]]));
    for (let step = 1; step < 360; step += 1) hour.add(step, point(1), new Map());
    expect(hour.read('a').points.unread.slice(0, 3)).toEqual([5, null, null]);
    hour.add(360, point(1), new Map());
    expect(hour.read('a').atMs).toEqual([]);
    hour.add(361, point(1), new Map([['a', point(6)]]));
    expect(hour.read('a').points.unread.filter((value) => value !== null)).toEqual([6]);
  });

  it('keeps a thousand cameras: the one that was seen least recently goes', () => {
    const hour = new LastHour();
    const cameras = Array.from({ length: 1000 }, (_, index): [string, Point] => [`cam_${index}`, point(1)]);
    hour.add(0, point(1), new Map(cameras));
    hour.add(1, point(1), new Map(cameras.slice(1)));
    hour.add(2, point(1), new Map([['late', point(1)]]));
    expect(hour.read('cam_0').atMs).toEqual([]);
    expect(hour.read('cam_1').atMs).toHaveLength(3);
    expect(hour.read('late').points.unread).toEqual([null, null, 1]);
  });
});
