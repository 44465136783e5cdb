import type { PersonTruth } from '@trinetra/camera-simulator/scene';
import type { EventDetection } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { equalErrorRate, type JudgedFrame, judge } from './truth.ts';

function person(bbox: [number, number, number, number], more: Partial<PersonTruth> = {}): PersonTruth {
  return { identity: 1, bbox, hidden: 0, face: null, ...more };
}

function found(x1: number, y1: number, x2: number, y2: number): EventDetection {
  return { track_id: 0, bbox: [x1, y1, x2, y2], confidence: 0.9, class_id: 0, face: 'no_face' };
}

function frame(more: Partial<JudgedFrame>): JudgedFrame {
  return { cameraId: 'a', width: 100, height: 100, persons: [], detections: [], embeddings: [], ...more };
}

describe('judge', () => {
  it('counts found, missed and invented persons', () => {
    const persons = [person([0, 0, 20, 50]), person([50, 0, 70, 50])];
    const detections = [found(0, 0, 0.2, 0.5), found(0.8, 0.5, 1, 1)];
    expect(judge([frame({ persons, detections })])).toMatchObject({
      persons_true: 2,
      precision: 0.5,
      recall: 0.5,
    });
  });

  it('counts the second detection of one person as wrong', () => {
    const detections = [found(0, 0, 0.2, 0.5), found(0, 0, 0.2, 0.48)];
    expect(judge([frame({ persons: [person([0, 0, 20, 50])], detections })])).toMatchObject({
      precision: 0.5,
      recall: 1,
    });
  });

  it('neither wants nor minds persons that are mostly hidden or tiny', () => {
    const persons = [person([0, 0, 20, 50], { hidden: 0.8 }), person([50, 0, 52, 6])];
    const detections = [found(0, 0, 0.2, 0.5), found(0.5, 0, 0.52, 0.06)];
    expect(judge([frame({ persons, detections })])).toMatchObject({
      persons_true: 0,
      precision: null,
      recall: null,
    });
  });

  it.each([
    [1280, 720, 31, 80, 0],
    [1280, 720, 32, 79, 0],
    [1280, 720, 32, 80, 1],
    [640, 360, 16, 40, 1],
    [360, 640, 16, 40, 1],
  ])('of a picture of %dx%d px, persons of %dx%d px wants %d', (width, height, wide, tall, wanted) => {
    const persons = [person([10, 10, 10 + wide, 10 + tall])];
    expect(judge([frame({ width, height, persons })])?.persons_true).toBe(wanted);
  });

  it('asks whether the nearest face of another camera is the same person', () => {
    const face = {
      bbox: [5, 5, 15, 15] as [number, number, number, number],
      landmarks: Array.from({ length: 5 }, () => [10, 10]) as never,
    };
    const seen = (cameraId: string, identity: number, ...embedding: number[]): JudgedFrame =>
      frame({
        cameraId,
        persons: [person([0, 0, 20, 50], { identity, face })],
        detections: [found(0, 0, 0.2, 0.5)],
        embeddings: [Float32Array.from(embedding)],
      });
    const right = [seen('a', 1, 1, 0), seen('b', 1, 0.9, 0.1), seen('a', 2, 0, 1), seen('b', 2, 0.1, 0.9)];
    expect(judge(right)).toMatchObject({ identities_matched: 1, identity_error: 0 });
    const swapped = [seen('a', 1, 1, 0), seen('b', 1, 0, 1), seen('a', 2, 0, 1), seen('b', 2, 1, 0)];
    expect(judge(swapped)).toMatchObject({ identities_matched: 0, identity_error: 1 });
  });

  it('says nothing where no scene was generated', () => {
    expect(judge([])).toBeNull();
  });
});

it.each([
  [[0.9, 0.8], [0.1, 0.2], 0],
  [[0.1, 0.2], [0.9, 0.8], 1],
  [[0.9, 0.8, 0.7, 0.2], [0.1, 0.1, 0.1, 0.3], 0.125],
])('the equal error rate of %j against %j is %d', (same, different, expected) => {
  expect(equalErrorRate(same, different)).toBeCloseTo(expected, 5);
});
