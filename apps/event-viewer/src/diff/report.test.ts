import type { DetectionEvent } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { embedding, eventOf, face, personOf } from '../../test/events.ts';
import { compareFrames } from './compare-frames.ts';
import { parseDiffOptions } from './diff-options.ts';
import { frameOf } from './frame.ts';
import { createTally, type DiffReport } from './report.ts';
import { passedThresholds, type Thresholds } from './thresholds.ts';

describe('the report and its thresholds', () => {
  const person = (x: number, confidence: number, hasFace = true) =>
    personOf({ bbox: [x, 0.2, x + 0.2, 0.8], confidence, ...(hasFace ? { face } : {}) });
  const tilted = embedding.map((value, i) => (i < 64 ? -value : value));
  const space = { embedding_space: 'space-1' };
  const before = [
    eventOf({ ...space, detections: [person(0, 0.9), person(0.4, 0.5)], embeddings: [embedding, embedding] }),
    eventOf({ ...space, frame_id: '2-0', detections: [person(0, 0.8)], embeddings: [embedding] }),
    eventOf({ ...space, frame_id: '3-0' }),
  ];
  const after = [
    eventOf({ ...space, status: 'degraded', detections: [person(0.02, 0.7)], embeddings: [tilted] }),
    eventOf({
      ...space,
      frame_id: '2-0',
      detections: [person(0, 0.85, false), person(0.7, 0.4)],
      embeddings: [null, null],
    }),
  ];
  function reportOf(a: DetectionEvent[], b: DetectionEvent[]): DiffReport {
    const tally = createTally(10);
    const side = { name: 'x', events: 0, duplicates: 0, invalid: 0 };
    const frame = (event: DetectionEvent | undefined) => event && frameOf(event);
    for (const [i, event] of a.entries()) tally.add(compareFrames(frameOf(event), frame(b[i])));
    return tally.report(side, side, 0);
  }

  it('counts what only one has, and how far the rest moved', () => {
    const report = reportOf(before, after);
    expect(report).toMatchObject({
      identical: false,
      frames: { a: 3, b: 2, both: 2, only_a: 1, only_b: 0 },
      persons: { a: 3, b: 3, both: 2, only_a: 1, only_b: 1 },
      only_a_confidence: { mean: 0.5, most: 0.5 },
      only_b_confidence: { mean: 0.4, most: 0.4 },
      faces: { a: 3, b: 2, both: 1, only_a: 2, only_b: 1 },
      embeddings: { a: 3, b: 1, both: 1, only_a: 2, only_b: 0 },
      status_changes: { 'ok -> degraded': 1 },
    });
    expect(report.iou).toMatchObject({
      median: expect.closeTo(0.81818, 5),
      worst: expect.closeTo(9 / 11, 9),
    });
    expect(report.confidence_shift).toMatchObject({
      mean: expect.closeTo(-0.075, 9),
      p95: expect.closeTo(0.2, 5),
      worst: expect.closeTo(-0.2, 9),
    });
    expect(report.cosine).toMatchObject({ compared: 1, worst: expect.closeTo(0.75, 6) });
    expect(report.worst.map(({ frame_id_a, score }) => [frame_id_a, score])).toEqual([
      ['1771840000100-0', expect.closeTo(0.5 + 2 / 11 + 0.2 + 0.25 + 1, 6)],
      ['2-0', expect.closeTo(0.4 + 0.05 + 0.5 + 0.5, 6)],
      ['3-0', 1],
    ]);
  });

  it('says identical of what is the same', () => {
    expect(reportOf(before, before)).toMatchObject({ identical: true, worst: [], cosine: { worst: 1 } });
  });

  const limits = (options: Record<string, string>): Thresholds =>
    parseDiffOptions(['a', 'b'], options, {}).thresholds;

  it.each([
    ['maxLost', '33%', '--max-lost 33%: B lacks 1 of the 3 persons of A (33.33 %)'],
    ['maxLost', '0', '--max-lost 0: B lacks 1 of the 3 persons of A (33.33 %)'],
    ['maxLost', '0.34', undefined],
    ['maxFacesLost', '50%', '--max-faces-lost 50%: B lacks 2 of the 3 faces of A (66.67 %)'],
    ['maxFacesLost', '67%', undefined],
    ['maxFramesLost', '0', '--max-frames-lost 0: B lacks 1 of the 3 frames of A (33.33 %)'],
    ['minIou', '0.9', '--min-iou 0.9: the lowest IoU is 0.81818'],
    ['minIou', '0.8', undefined],
    ['minCosine', '0.8', '--min-cosine 0.8: the lowest cosine is 0.75000'],
    ['minCosine', '0.7', undefined],
    ['maxConfidenceShift', '0.1', '--max-confidence-shift 0.1: the largest shift is -0.20000'],
    ['maxConfidenceShift', '0.3', undefined],
  ])('judges --%s %s', (name, text, line) => {
    const passed = passedThresholds(reportOf(before, after), limits({ [name]: text }));
    expect(passed).toEqual(line === undefined ? [] : [line]);
  });

  it('takes a threshold of what could not be compared as passed', () => {
    const moved = after.map((event) => ({ ...event, embedding_space: 'space-2' }));
    expect(passedThresholds(reportOf(before, moved), limits({ minCosine: '0.5' }))).toEqual([
      '--min-cosine 0.5: no embedding was compared, because the embedding spaces differ',
    ]);
    const none = passedThresholds(
      reportOf([], []),
      limits({ minIou: '0', maxConfidenceShift: '1', maxLost: '0' }),
    );
    expect(none).toEqual([
      '--min-iou 0: no person is in both',
      '--max-confidence-shift 1: no person is in both',
    ]);
  });
});

describe('parseDiffOptions', () => {
  it.each([
    [{ maxLost: '1' }, '--max-lost: expected a share like 1% or 0.01 but received "1"'],
    [{ maxFacesLost: '101%' }, '--max-faces-lost: expected a share like 1% or 0.01 but received "101%"'],
    [{ maxFramesLost: '' }, '--max-frames-lost: expected a share like 1% or 0.01 but received ""'],
    [{ minIou: '2' }, '--min-iou: expected a number in 0..1 but received "2"'],
    [{ minCosine: 'x' }, '--min-cosine: expected a number in -1..1 but received "x"'],
    [{ worst: '-1' }, '--worst: expected a whole number from 0 but received "-1"'],
  ])('refuses %o', (options, message) => {
    expect(() => parseDiffOptions(['a', 'b'], options, {})).toThrow(message);
  });

  it('takes topics with the settings of the environment, and standard input once', () => {
    const env = { KAFKA_BOOTSTRAP_SERVERS: 'broker:9092' };
    expect(parseDiffOptions(['kafka:x', '-'], {}, env)).toMatchObject({
      a: { kind: 'kafka', settings: { KAFKA_TOPIC: 'x', KAFKA_BOOTSTRAP_SERVERS: ['broker:9092'] } },
      b: { kind: 'file', path: '-' },
      worst: 10,
    });
    expect(() => parseDiffOptions(['-', '-'], {}, env)).toThrow('A, B: expected standard input');
    expect(() => parseDiffOptions(['kafka:', 'b'], {}, env)).toThrow('kafka:TOPIC');
  });
});
