import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairSchedule, maxPlannedStreams } from './fair-schedule.ts';

/** Serves `reads` reads of `room` entries from streams that all have a backlog. */
function serve(schedule: FairSchedule, reads: number, room: number): Map<string, number> {
  const served = new Map<string, number>();
  for (let read = 0; read < reads; read += 1) {
    const { keys, visits } = schedule.plan(room);
    for (const visit of visits.slice(0, room)) {
      const key = keys[visit] ?? '';
      schedule.served(key);
      served.set(key, (served.get(key) ?? 0) + 1);
    }
  }
  return served;
}

describe('a fair schedule', () => {
  it('serves streams of one weight equally, to within one entry', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 60 }),
        (streams, room, reads) => {
          const schedule = new FairSchedule();
          for (let index = 0; index < streams; index += 1) schedule.add(`s${index}`, 1);
          const served = serve(schedule, reads, room);
          const counts = schedule.keys().map((key) => served.get(key) ?? 0);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('shares by weight, and leaves no stream out', () => {
    const schedule = new FairSchedule();
    for (const [key, weight] of [
      ['a', 8],
      ['b', 4],
      ['c', 1],
    ] as const)
      schedule.add(key, weight);
    const served = serve(schedule, 130, 4);
    expect(served.get('a')).toBeCloseTo(320, -1);
    expect(served.get('b')).toBeCloseTo(160, -1);
    expect(served.get('c')).toBeCloseTo(40, -1);
  });

  it('gives a stream that was silent no credit for it', () => {
    const schedule = new FairSchedule();
    schedule.add('busy', 1);
    schedule.add('silent', 1);
    for (let index = 0; index < 1000; index += 1) schedule.served('busy');
    const served = serve(schedule, 10, 4);
    expect(Math.abs((served.get('silent') ?? 0) - (served.get('busy') ?? 0))).toBeLessThanOrEqual(1);
  });

  it('plans every stream once in a sweep, however many there are', () => {
    const schedule = new FairSchedule();
    for (let index = 0; index < 1000; index += 1) schedule.add(`s${index}`, 1);
    const visited = new Set<string>();
    while (visited.size < 1000) {
      const { keys } = schedule.plan(4, visited);
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.length).toBeLessThanOrEqual(maxPlannedStreams);
      for (const key of keys) {
        expect(visited.has(key)).toBe(false);
        visited.add(key);
        schedule.foundEmpty(key);
      }
    }
  });

  it('looks at streams that were empty again and again while others have a backlog', () => {
    const schedule = new FairSchedule();
    for (let index = 0; index < 300; index += 1) schedule.add(`s${index}`, 1);
    for (let index = 100; index < 300; index += 1) schedule.foundEmpty(`s${index}`);
    const probed = new Set<string>();
    for (let read = 0; read < 13; read += 1) {
      for (const key of schedule.plan(4).keys) {
        if (Number(key.slice(1)) < 100) continue;
        probed.add(key);
        schedule.foundEmpty(key);
      }
    }
    expect(probed.size).toBe(200);
  });

  it('forgets a stream that went', () => {
    const schedule = new FairSchedule();
    schedule.add('a', 1);
    schedule.add('b', 1);
    schedule.delete('a');
    expect(schedule.plan(4).keys).toEqual(['b']);
  });
});
