import { expect, it } from 'vitest';
import { DetectorError } from './errors.ts';
import { defaultDetectorOptions, parseDetectorOptions } from './options.ts';

it('has defaults that nobody can change', () => {
  expect(parseDetectorOptions({})).toEqual({
    confidenceThreshold: 0.35,
    iouThreshold: 0.45,
    classIds: [0],
    maxDetections: 300,
    framesPerRun: 1024,
    aspectRatios: [],
  });
  expect(Object.isFrozen(defaultDetectorOptions) && Object.isFrozen(defaultDetectorOptions.classIds)).toBe(
    true,
  );
});

it('takes a class that is named twice once', () => {
  expect(parseDetectorOptions({ classIds: [2, 0, 2] }).classIds).toEqual([2, 0]);
});

it.each<[given: object, message: RegExp]>([
  [{ confidenceThreshold: 1.1 }, /^confidenceThreshold: .*received 1.1/],
  [{ confidenceThreshold: Number.NaN }, /^confidenceThreshold: /],
  [{ iouThreshold: -0.1 }, /^iouThreshold: .*received -0.1/],
  [{ classIds: [] }, /^classIds: /],
  [{ classIds: [0.5] }, /^classIds.0: .*received 0.5/],
  [{ maxDetections: 0 }, /^maxDetections: .*received 0/],
  [{ framesPerRun: 0 }, /^framesPerRun: .*received 0/],
  [{ threshold: 0.5 }, /threshold/],
])('refuses %j', (given, message) => {
  expect(() => parseDetectorOptions(given)).toThrow(DetectorError);
  expect(() => parseDetectorOptions(given)).toThrow(message);
});
