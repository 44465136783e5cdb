import type { DetectionEvent, EventDetection } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { embedding, eventOf, face, personOf } from '../../test/events.ts';
import { compareFrames, cosineOf, isSame, scoreOf } from './compare-frames.ts';
import { createDistribution } from './distribution.ts';
import { type Frame, frameOf } from './frame.ts';
import { iouOf, matchPersons } from './match-persons.ts';
import { type FramePair, pairFrames } from './pair-frames.ts';

type Bbox = EventDetection['bbox'];

const at = (x: number, width = 0.2): Bbox => [x, 0.2, x + width, 0.8];
const frameWith = (...detections: EventDetection[]): Frame => frameOf(eventOf({ detections }));
const matchesOf = (a: Bbox[], b: Bbox[]): string[] => {
  const persons = (boxes: Bbox[]) => frameWith(...boxes.map((bbox) => personOf({ bbox }))).persons;
  return matchPersons(persons(a), persons(b)).map((match) => `${match.a}=${match.b}`);
};

describe('matchPersons', () => {
  it.each<[string, Bbox, Bbox, number]>([
    ['the same box', at(0.1), at(0.1), 1],
    ['the same box without an area', [0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], 1],
    ['half beside it', at(0), at(0.1), 1 / 3],
    ['one that touches it', at(0), at(0.2), 0],
    ['one far away', at(0), at(0.7), 0],
  ])('knows the overlap of %s', (_, a, b, iou) => {
    expect(iouOf(a, b)).toBeCloseTo(iou, 12);
    expect(iouOf(b, a)).toBeCloseTo(iou, 12);
  });

  it('matches whatever the order of the lists is', () => {
    expect(matchesOf([at(0), at(0.5)], [at(0.51), at(0.01)])).toEqual(['0=1', '1=0']);
  });

  it('gives a person to the box that is there exactly, though more would be matched otherwise', () => {
    // 0 of A overlaps both of B by at least a half; the largest sum would be 0=1 and 1=0.
    expect(matchesOf([at(0.1), at(0.04)], [at(0.1), at(0.16)])).toEqual(['0=0']);
    expect(matchesOf([at(0.04), at(0.1)], [at(0.16), at(0.1)])).toEqual(['1=1']);
  });

  it('matches boxes that are the same in their order', () => {
    expect(matchesOf([at(0), at(0), at(0)], [at(0), at(0)])).toEqual(['0=0', '1=1']);
  });

  it('matches persons of the same class only, and none that overlap by less than a half', () => {
    const [a, b] = [frameWith(personOf()), frameWith(personOf({ class_id: 2 }))];
    expect(matchPersons(a.persons, b.persons)).toEqual([]);
    expect(matchesOf([at(0)], [at(0.07)])).toEqual([]);
  });
});

describe('compareFrames', () => {
  const whole = eventOf({
    embedding_space: 'space-1',
    detections: [personOf({ face })],
    embeddings: [embedding],
  });
  const compare = (changes: Partial<DetectionEvent>) =>
    compareFrames(frameOf(whole), frameOf({ ...whole, ...changes }));
  const other = embedding.map((value, i) => (i === 0 ? value + 0.00001 : value));

  it('calls the same what a second run gives: the worker and the times do not count', () => {
    const again = compare({ worker_ts: 5, worker_id: 'worker-2', frame_id: '9-0' });
    expect([isSame(again), scoreOf(again)]).toEqual([true, 0]);
  });

  it.each<[string, Partial<DetectionEvent>]>([
    ['a box', { detections: [personOf({ face, bbox: [0, 0, 0.5, 0.500001] })] }],
    ['a confidence', { detections: [personOf({ face, confidence: 0.910001 })] }],
    ['a class', { detections: [personOf({ face, class_id: 1 })] }],
    ['a face that is gone', { detections: [personOf()] }],
    ['a person who is gone', { detections: [], embeddings: [] }],
    ['a person more', { detections: [personOf({ face }), personOf()], embeddings: [embedding, null] }],
    ['an embedding that is gone', { embeddings: [null] }],
    ['one number of an embedding', { embeddings: [other] }],
    ['a status', { status: 'degraded' }],
  ])('notices %s', (_, changes) => {
    const comparison = compare(changes);
    expect(isSame(comparison)).toBe(false);
    expect(scoreOf(comparison)).toBeGreaterThan(0);
  });

  it('compares no embeddings of different spaces, and does not call them the same', () => {
    const comparison = compare({ embedding_space: 'space-2' });
    expect(comparison.both[0]?.cosine).toBeNull();
    expect(isSame(comparison)).toBe(false);
  });

  it('knows the cosine', () => {
    const vector = (...values: number[]): Float32Array => Float32Array.from(values);
    expect(cosineOf(vector(1, 0), vector(0.5, 0))).toBeCloseTo(1, 12);
    expect(cosineOf(vector(1, 0), vector(0, 1))).toBe(0);
    expect(cosineOf(vector(1, 1), vector(-1, -1))).toBeCloseTo(-1, 12);
    expect(cosineOf(vector(0, 0), vector(1, 1))).toBe(0);
    expect(cosineOf(vector(0, 0), vector(0, 0))).toBe(1);
  });
});

describe('createDistribution', () => {
  it('gives percentiles by nearest rank, and the ends exactly', () => {
    const values = createDistribution(0, 1);
    for (let i = 1; i <= 100; i += 1) values.add(i / 100);
    values.add(0.123456789);
    expect(values.percentile(0.5)).toBeCloseTo(0.5, 5);
    expect(values.percentile(0.05)).toBeCloseTo(0.06, 5);
    expect([values.count, values.most]).toEqual([101, 1]);
    const one = createDistribution(-1, 1);
    one.add(-0.123456789);
    expect([one.least, one.most, one.mean, one.percentile(0.5)]).toEqual(Array(4).fill(-0.123456789));
    expect(createDistribution(0, 1).percentile(0.5)).toBeNull();
  });
});

describe('pairFrames', () => {
  const framesOf = (...list: [camera: string, id: string, ts: number][]): Frame[] =>
    list.map(([camera_id, frame_id, ingest_ts]) => frameOf(eventOf({ camera_id, frame_id, ingest_ts })));
  let read = '';
  async function* feed(frames: Iterable<Frame>, name = ''): AsyncGenerator<Frame> {
    for (const frame of frames) {
      read += name;
      yield frame;
    }
  }
  async function pair(a: Iterable<Frame>, b: Iterable<Frame>, maxHeldBytes?: number): Promise<string[]> {
    const found: FramePair[] = [];
    read = '';
    const options = maxHeldBytes === undefined ? {} : { maxHeldBytes };
    for await (const one of pairFrames(feed(a, 'a'), feed(b, 'b'), options)) found.push(one);
    const nameOf = (frame: Frame | undefined): string => (frame ? `${frame.cameraId}/${frame.frameId}` : '-');
    return found.map((one) => `${nameOf(one.a)} ${nameOf(one.b)}`).sort();
  }

  it('finds frames by their id, in whatever order they are', async () => {
    const a = framesOf(['x', '1-0', 1], ['y', '1-0', 1.5], ['x', '2-0', 2], ['x', '3-0', 3]);
    const b = framesOf(['y', '1-0', 1.5], ['x', '2-0', 2], ['x', '1-0', 1], ['x', '4-0', 4]);
    expect(await pair(a, b)).toEqual(['- x/4-0', 'x/1-0 x/1-0', 'x/2-0 x/2-0', 'x/3-0 -', 'y/1-0 y/1-0']);
  });

  it('takes the id also where the times differ, and tells frames of one time apart by it', async () => {
    const a = framesOf(['x', '1-0', 1], ['x', '3-0', 2], ['x', '4-0', 2]);
    const b = framesOf(['x', '1-0', 7], ['x', '2-0', 2], ['x', '4-0', 2]);
    expect(await pair(a, b)).toEqual(['- x/2-0', 'x/1-0 x/1-0', 'x/3-0 -', 'x/4-0 x/4-0']);
  });

  it('finds replayed frames, whose ids differ, by camera and time, and those of one time by their order', async () => {
    const a = framesOf(['x', '1-0', 1], ['y', '1-1', 1], ['x', '2-0', 2], ['x', '2-1', 2]);
    const b = framesOf(
      ['x', '90-0', 1],
      ['y', '90-1', 1],
      ['x', '91-0', 2],
      ['x', '91-1', 2],
      ['x', '92-0', 3],
    );
    expect(await pair(a, b)).toEqual([
      '- x/92-0',
      'x/1-0 x/90-0',
      'x/2-0 x/91-0',
      'x/2-1 x/91-1',
      'y/1-1 y/90-1',
    ]);
  });

  const range = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => first + i);
  const many = (first: number, count: number): Frame[] =>
    framesOf(
      ...Array.from({ length: count }, (_, i): [string, string, number] => [
        'x',
        `${first + i}-0`,
        first + i,
      ]),
    );

  it('reads both in step, also where one begins earlier', async () => {
    const pairs = await pair(many(0, 200), many(150, 200));
    expect(pairs.filter((text) => !text.includes('- x') && !text.endsWith(' -'))).toHaveLength(50);
    // All that B does not have is read first, then one of each in turn.
    expect(read.replaceAll('ab', 'ba')).toContain(`${'ba'.repeat(48)}`);
  });

  it('holds no more than it may, and gives up what has waited longest', async () => {
    const frames = many(0, 100);
    const room = (frames.at(-1)?.bytes ?? 0) * 10.5;
    expect(await pair(frames, frames, room)).toHaveLength(100);
    // All of B comes before the second of A: of B the last ten are still held then.
    const early = frames.map((frame) => ({ ...frame, ingestTs: -1 }));
    const pairs = await pair(frames.slice(1), early, room);
    expect(pairs.filter((text) => !text.includes('- x') && !text.endsWith(' -'))).toEqual(
      [1, ...range(90, 10)].map((i) => `x/${i}-0 x/${i}-0`),
    );
    expect(pairs).toHaveLength(11 + 88 + 89);
  });
});
