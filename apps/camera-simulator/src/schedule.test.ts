import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule, type DueFrame, type ScheduleOptions } from './schedule.ts';

const scheduleOf = (options: Partial<ScheduleOptions> = {}): ReturnType<typeof createSchedule> =>
  createSchedule({ cameras: 4, fps: 10, seconds: 1, jitter: 0, seed: 1, ...options });

describe('createSchedule', () => {
  it('spreads the cameras evenly over the time between two frames', () => {
    const frames = scheduleOf().takeDue(150, 100);
    expect(frames.map(({ camera, frame, dueMs }) => [camera, frame, dueMs])).toEqual([
      [0, 0, 0],
      [1, 0, 25],
      [2, 0, 50],
      [3, 0, 75],
      [0, 1, 100],
      [1, 1, 125],
      [2, 1, 150],
    ]);
  });

  it('sends bursts at once and then pauses, at the same rate, its cameras still spread', () => {
    const frames = scheduleOf({ cameras: 2, burst: 4 }).takeDue(799, 100);
    expect(frames.map(({ camera, frame, dueMs }) => [camera, frame, dueMs])).toEqual([
      ...[0, 1, 2, 3].map((frame) => [0, frame, 0]),
      ...[0, 1, 2, 3].map((frame) => [1, frame, 200]),
      ...[4, 5, 6, 7].map((frame) => [0, frame, 400]),
      ...[4, 5, 6, 7].map((frame) => [1, frame, 600]),
    ]);
  });

  it.each([
    [5, 20, 100],
    [30, 0.1, 3],
    [29.97, 10, 300],
    [0.5, 1, 1],
    [10, 0, Number.POSITIVE_INFINITY],
  ])('at %d fps for %d s sends %d frames a camera', (fps, seconds, frames) => {
    expect(scheduleOf({ fps, seconds }).framesPerCamera).toBe(frames);
  });

  it('has not drifted after a day, however late it was asked in between', () => {
    const schedule = scheduleOf({ cameras: 1, fps: 30, seconds: 86_400 });
    let last: DueFrame | undefined;
    for (let due = schedule.nextDueMs(); due !== undefined; due = schedule.nextDueMs()) {
      last = schedule.takeDue(due + 17.3, 64).at(-1) ?? last;
    }
    expect(last?.frame).toBe(30 * 86_400 - 1);
    expect(last?.dueMs).toBeCloseTo(86_400_000 - 1000 / 30, 3);
  });

  it('gives nothing that is not due, and no more than is asked for, the earliest first', () => {
    const schedule = scheduleOf();
    expect(schedule.takeDue(-1, 10)).toEqual([]);
    expect(schedule.takeDue(1e9, 3).map(({ camera }) => camera)).toEqual([0, 1, 2]);
    expect(schedule.nextDueMs()).toBe(75);
  });

  it('gives each frame of each camera once, in order, with any jitter', () => {
    fc.assert(
      fc.property(
        fc.record({
          cameras: fc.integer({ min: 1, max: 9 }),
          fps: fc.double({ min: 0.5, max: 60, noNaN: true }),
          jitter: fc.double({ min: 0, max: 0.95, noNaN: true }),
          burst: fc.integer({ min: 1, max: 7 }),
          seed: fc.nat(),
          step: fc.double({ min: 1, max: 400, noNaN: true }),
        }),
        ({ step, ...options }) => {
          const seconds = 2;
          const schedule = scheduleOf({ ...options, seconds });
          const next = new Map<number, number>();
          let last = 0;
          for (let now = 0; schedule.nextDueMs() !== undefined; now += step) {
            for (const { camera, frame, dueMs } of schedule.takeDue(now, 1000)) {
              expect(frame).toBe(next.get(camera) ?? 0);
              next.set(camera, frame + 1);
              expect(dueMs).toBeLessThanOrEqual(now);
              expect(dueMs).toBeGreaterThanOrEqual(last);
              const burstMs = (options.burst * 1000) / options.fps;
              const planned = (Math.floor(frame / options.burst) + camera / options.cameras) * burstMs;
              expect(dueMs - planned).toBeGreaterThanOrEqual(-1e-6);
              expect(dueMs - planned).toBeLessThanOrEqual(options.jitter * burstMs + 1e-6);
              last = dueMs;
            }
          }
          expect([...next.values()]).toEqual(Array(options.cameras).fill(schedule.framesPerCamera));
        },
      ),
      { numRuns: 100 },
    );
  });
});
