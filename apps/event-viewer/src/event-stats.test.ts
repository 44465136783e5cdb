import { describe, expect, it } from 'vitest';
import { embedding, eventOf, face, personOf } from '../test/events.ts';
import { createEventStats } from './event-stats.ts';
import { createFrameOrder } from './frame-order.ts';
import { createSeenFrames } from './seen-frames.ts';
import { statsTable } from './stats-table.ts';

const start = 1771840000;

/** Frame `k` of a camera at 10 fps, with a latency of `k + 1` ms. */
const frameOf = (camera_id: string, k: number): ReturnType<typeof eventOf> =>
  eventOf({
    camera_id,
    frame_id: `${start * 1000 + k * 100}-0`,
    ingest_ts: start + k / 10 - (k + 1) / 1000,
    worker_ts: start + k / 10,
    detections: [personOf({ face }), personOf()],
    embeddings: [embedding, null],
  });

describe('createEventStats', () => {
  it('counts known events: rate, persons, faces, latency, by camera and in all', () => {
    const stats = createEventStats();
    for (let k = 0; k <= 100; k += 1) stats.add(frameOf('cam_a', k));
    stats.add({ ...frameOf('cam_b', 3), status: 'failed', detections: [], embeddings: [] });
    const { cameras, total } = stats.report();
    expect(Object.keys(cameras)).toEqual(['cam_a', 'cam_b']);
    expect(cameras['cam_a']).toMatchObject({ events: 101, persons: 202, faces: 101, embeddings: 101 });
    expect(cameras['cam_a']).toMatchObject({ duplicates: 0, order_violations: 0, failed: 0, degraded: 0 });
    expect(cameras['cam_a']?.events_per_second).toBeCloseTo(10, 6);
    const { p50, p95, p99 } = cameras['cam_a']?.latency_ms ?? {};
    expect([p50, p95, p99].map((value) => Math.round(value ?? 0))).toEqual([51, 96, 100]);
    expect(cameras['cam_b']).toMatchObject({ events: 1, events_per_second: null, failed: 1 });
    expect(total).toMatchObject({ events: 102, persons: 202, failed: 1 });
  });

  it('counts a frame that comes again as a duplicate, and not twice; another camera may have the same id', () => {
    const stats = createEventStats();
    for (const k of [0, 1, 2, 1]) stats.add(frameOf('cam_a', k));
    stats.add(frameOf('cam_b', 1));
    const { cameras } = stats.report();
    expect(cameras['cam_a']).toMatchObject({ events: 4, persons: 6, duplicates: 1, order_violations: 0 });
    expect(cameras['cam_b']).toMatchObject({ events: 1, duplicates: 0 });
  });

  it('counts frames that leave one worker late, but not those that another took over', () => {
    const stats = createEventStats();
    for (const k of [0, 5, 3, 6, 4]) stats.add(frameOf('cam_a', k));
    stats.add({ ...frameOf('cam_a', 1), worker_id: 'worker-2' });
    expect(stats.report().cameras['cam_a']).toMatchObject({ events: 6, order_violations: 2 });
  });

  it('has rows for a bounded number of cameras, one for impossible names', () => {
    const stats = createEventStats();
    for (let i = 0; i < 1500; i += 1) stats.add(frameOf(`cam_${i}`, 0));
    stats.add(frameOf('\u001b[2J', 0));
    const { cameras, total } = stats.report();
    expect(Object.keys(cameras)).toHaveLength(1001);
    expect(cameras['_other']?.events).toBe(501);
    expect(total.events).toBe(1501);
    const few = createEventStats();
    few.add(frameOf('\u001b[2J', 5));
    few.add(frameOf('\u001b[3J', 4));
    expect(few.report().cameras).toMatchObject({
      _invalid: { events: 2, duplicates: 0, order_violations: 0 },
    });
  });
});

describe('createSeenFrames', () => {
  it('forgets the oldest of too many', () => {
    const seen = createSeenFrames(3);
    expect(['1', '2', '3', '4'].map((id) => seen.check('cam', id))).toEqual([false, false, false, false]);
    expect(seen.check('cam', '2')).toBe(true);
    expect(seen.check('cam', '1')).toBe(false);
  });

  it('takes camera and frame apart', () => {
    const seen = createSeenFrames(3);
    seen.check('cam_1', '1-0');
    expect(seen.check('cam_11', '-0')).toBe(false);
  });
});

describe('createFrameOrder', () => {
  it('compares ids as numbers, and lets what is no id pass', () => {
    const order = createFrameOrder();
    expect(['9-2', '10-0', 'x', '10-10', '10-9'].map((id) => order.check('w', id))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('statsTable', () => {
  it('lines its columns up, the total below', () => {
    const stats = createEventStats();
    stats.add(frameOf('cam_a', 0));
    stats.add(frameOf('cam_a', 20));
    const lines = statsTable(stats.report()).split('\n');
    expect(lines).toHaveLength(5);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]?.split(/ +/)).toEqual('cam_a 2 0.5 4 2 2 1 21 21 0 0 0 0'.split(' '));
  });

  it('keeps to the height of a terminal', () => {
    const stats = createEventStats();
    for (let i = 0; i < 50; i += 1) stats.add(frameOf(`cam_${i}`, 0));
    const lines = statsTable(stats.report(), 20).split('\n');
    expect(lines).toHaveLength(20);
    expect(lines.at(-3)).toBe('... and 35 more cameras');
    expect(lines.at(-1)).toMatch(/^total +50 /);
  });
});
