import { readFileSync } from 'node:fs';
import type { EvaluatedImage } from '../src/accuracy/coco-evaluation.ts';

/** Scores of pairs, and what scikit-learn says of them. */
export interface VerificationCase {
  readonly kind: 'verification';
  readonly name: string;
  readonly scores: readonly number[];
  readonly same: readonly boolean[];
  readonly weights: readonly number[] | null;
  readonly folds: readonly number[] | null;
  readonly rocAuc: number;
  /** At FAR 1e-2, 1e-3 and 1e-4. */
  readonly tar: readonly [number | null, number | null, number | null];
  readonly equalErrorRate: number;
  readonly threshold: number;
  readonly accuracy: number;
  readonly foldMean?: number;
  readonly foldDeviation?: number;
}

/** Boxes of pictures, and what pycocotools says of them. */
export interface DetectionCase {
  readonly kind: 'detection';
  readonly name: string;
  readonly confidence: number;
  readonly images: readonly EvaluatedImage[];
  readonly ap50: number | null;
  readonly ap50To95: number | null;
  readonly persons: number;
  readonly found: number;
  readonly wrong: number;
}

const file = new URL('./accuracy-reference.ndjson', import.meta.url);
const cases: (VerificationCase | DetectionCase)[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

/** Written by accuracy-reference.py. */
export const verificationCases: VerificationCase[] = cases.filter(
  ({ kind }) => kind === 'verification',
) as VerificationCase[];
export const detectionCases: DetectionCase[] = cases.filter(
  ({ kind }) => kind === 'detection',
) as DetectionCase[];
