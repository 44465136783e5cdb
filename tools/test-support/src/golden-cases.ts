import { readdirSync, readFileSync } from 'node:fs';
import { hasShared, sharedFolder } from './shared.ts';

export type Box = readonly [number, number, number, number];

export interface GoldenPerson {
  readonly confidence: number;
  readonly box_norm: Box;
  readonly face: {
    readonly landmarks: readonly [number, number][];
    readonly box: Box;
    readonly runner_up_score: number | null;
    readonly score: number;
    readonly embedding: readonly number[];
  } | null;
}

export interface GoldenCase {
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly near_misses: readonly number[];
  readonly persons: readonly GoldenPerson[];
}

/** Intersection over union. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const overlap = Math.max(0, width) * Math.max(0, height);
  const area = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1]);
  return overlap / (area(a) + area(b) - overlap);
}

/** The reference gives one face to two persons here and there, which the worker never does. */
export function sharesItsFace({ face }: GoldenPerson, golden: GoldenCase): boolean {
  const overlaps = golden.persons.filter(
    (other) => face !== null && other.face !== null && iou(other.face.box, face.box) > 0.4,
  );
  return overlaps.length > 1;
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

export function photo(name: string): Buffer {
  return readFileSync(new URL(`photos/${name}`, sharedFolder));
}

export const cases: GoldenCase[] = hasShared
  ? readdirSync(new URL('golden/', sharedFolder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(new URL(`golden/${name}`, sharedFolder), 'utf8')))
  : [];
