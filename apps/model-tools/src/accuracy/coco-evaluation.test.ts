import { describe, expect, it } from 'vitest';
import { detectionCases } from '../../test/accuracy-reference.ts';
import { averagePrecision, countAtConfidence } from './coco-evaluation.ts';

const close = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 9));

describe('figures of detection are those of pycocotools', () => {
  it.each(detectionCases.map((one) => [one.name, one] as const))('with %s', (_, one) => {
    expect(averagePrecision(one.images)).toEqual({ ap50: close(one.ap50), ap50To95: close(one.ap50To95) });
    const { persons, found, wrong } = countAtConfidence(one.images, one.confidence);
    expect({ persons, found, wrong }).toEqual({ persons: one.persons, found: one.found, wrong: one.wrong });
  });
});

describe('recall and precision', () => {
  const box = [10, 10, 20, 40] as const;
  const images = [{ truths: [{ box, crowd: false }], found: [{ box, confidence: Math.fround(0.35) }] }];

  it('take a detection of just the confidence, as float32', () => {
    expect(countAtConfidence(images, 0.35)).toMatchObject({ recall: 1, precision: 1 });
    expect(countAtConfidence(images, 0.3501)).toMatchObject({ recall: 0, precision: null });
  });

  it('are null where there is nothing to divide by', () => {
    expect(countAtConfidence([{ truths: [], found: [] }], 0.35)).toMatchObject({
      recall: null,
      precision: null,
    });
  });
});
