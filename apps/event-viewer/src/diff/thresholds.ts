import type { DiffReport, Shared } from './report.ts';

/** A limit, and its text on the command line. */
export interface Limit {
  readonly value: number;
  readonly text: string;
}

/** Largest differences of B from A. */
export interface Thresholds {
  /** Shares 0..1 of the persons, faces and frames of A that B may lack. */
  readonly maxLost?: Limit | undefined;
  readonly maxFacesLost?: Limit | undefined;
  readonly maxFramesLost?: Limit | undefined;
  /** Least IoU and cosine, and largest shift of the confidence, of any person that both have. */
  readonly minIou?: Limit | undefined;
  readonly minCosine?: Limit | undefined;
  readonly maxConfidenceShift?: Limit | undefined;
}

/**
 * One line for each exceeded threshold. A threshold without anything to compare counts as exceeded: it was set
 * as a proof.
 */
export function passedThresholds(report: DiffReport, thresholds: Thresholds): string[] {
  const { maxLost, maxFacesLost, maxFramesLost, minIou, minCosine, maxConfidenceShift } = thresholds;
  const { persons, faces, frames, iou, cosine, confidence_shift: shift, spaces } = report;
  const noCosine =
    spaces.frames_that_differ > 0
      ? 'no embedding was compared, because the embedding spaces differ'
      : 'no person has an embedding in both';
  return [
    lost('--max-lost', 'persons', persons, maxLost),
    lost('--max-faces-lost', 'faces', faces, maxFacesLost),
    lost('--max-frames-lost', 'frames', frames, maxFramesLost),
    least('--min-iou', 'IoU', iou.worst, minIou, 'no person is in both'),
    least('--min-cosine', 'cosine', cosine.worst, minCosine, noCosine),
    most('--max-confidence-shift', shift.worst, maxConfidenceShift),
  ].filter((line) => line !== undefined);
}

function lost(
  option: string,
  what: string,
  { a, only_a }: Shared,
  limit: Limit | undefined,
): string | undefined {
  if (limit === undefined || only_a <= limit.value * a) return undefined;
  const share = ((100 * only_a) / a).toFixed(2);
  return `${option} ${limit.text}: B lacks ${only_a} of the ${a} ${what} of A (${share} %)`;
}

function least(
  option: string,
  what: string,
  worst: number | null,
  limit: Limit | undefined,
  absent: string,
): string | undefined {
  if (limit === undefined || (worst !== null && worst >= limit.value)) return undefined;
  return `${option} ${limit.text}: ${worst === null ? absent : `the lowest ${what} is ${worst.toFixed(5)}`}`;
}

function most(option: string, worst: number | null, limit: Limit | undefined): string | undefined {
  if (limit === undefined || (worst !== null && Math.abs(worst) <= limit.value)) return undefined;
  const found = worst === null ? 'no person is in both' : `the largest shift is ${worst.toFixed(5)}`;
  return `${option} ${limit.text}: ${found}`;
}
