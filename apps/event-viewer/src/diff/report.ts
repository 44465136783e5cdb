import { type FrameComparison, isSame, scoreOf } from './compare-frames.ts';
import { createDistribution, type Distribution } from './distribution.ts';
import type { Frame } from './frame.ts';

/** Counts of A or of B. */
export interface SideCounts {
  readonly name: string;
  /** Events, duplicates among them. */
  events: number;
  /** Duplicates by `camera_id` and `frame_id`: not compared. */
  duplicates: number;
  /** Lines or messages that are no events. */
  invalid: number;
}

/** Counts of A, of B, and of both. */
export interface Shared {
  readonly a: number;
  readonly b: number;
  readonly both: number;
  readonly only_a: number;
  readonly only_b: number;
}

/** A frame that differs. */
export interface WorstFrame {
  readonly camera_id: string;
  /** Null if A, or B, has no such frame. */
  readonly frame_id_a: string | null;
  readonly frame_id_b: string | null;
  readonly ingest_ts: number;
  /** See `scoreOf`. */
  readonly score: number;
  readonly status_a: Frame['status'] | null;
  readonly status_b: Frame['status'] | null;
  /** Confidence of each person in A only. */
  readonly persons_only_a: readonly number[];
  readonly persons_only_b: readonly number[];
  readonly faces_lost: number;
  readonly faces_won: number;
  readonly embeddings_lost: number;
  readonly least_iou: number | null;
  /** The largest, with its sign: B less A. */
  readonly confidence_shift: number | null;
  readonly least_cosine: number | null;
}

/** Null: there was nothing to compare. */
type Figures<Name extends string> = Readonly<Record<Name, number | null>>;

/** The comparison, as `--json` writes it. */
export interface DiffReport {
  /** Whether nothing that is compared differs. */
  readonly identical: boolean;
  readonly a: SideCounts;
  readonly b: SideCounts;
  readonly frames: Shared & { readonly given_up: number };
  readonly persons: Shared;
  /** Of persons in one side only. */
  readonly only_a_confidence: Figures<'mean' | 'most'>;
  readonly only_b_confidence: Figures<'mean' | 'most'>;
  readonly faces: Shared;
  readonly embeddings: Shared;
  readonly iou: Figures<'median' | 'p5' | 'worst'>;
  /** B less A; the percentile is of the size alone, the worst has its sign. */
  readonly confidence_shift: Figures<'mean' | 'p95' | 'worst'>;
  readonly cosine: Figures<'median' | 'p1' | 'worst'> & { readonly compared: number };
  /** Embedding spaces of the two, at most 8 each. If those of a frame differ, its embeddings are not compared. */
  readonly spaces: {
    readonly a: readonly string[];
    readonly b: readonly string[];
    readonly frames_that_differ: number;
  };
  /** Such as `{ "ok -> degraded": 3 }`. */
  readonly status_changes: Readonly<Record<string, number>>;
  readonly worst: readonly WorstFrame[];
}

/** Collects comparisons of frames, in constant memory. */
export interface Tally {
  add(frame: FrameComparison): void;
  report(a: SideCounts, b: SideCounts, givenUp: number): DiffReport;
}

const counter = () => ({ a: 0, b: 0, both: 0 });
const sharedOf = ({ a, b, both }: ReturnType<typeof counter>): Shared => ({
  a,
  b,
  both,
  only_a: a - both,
  only_b: b - both,
});
const count = <T>(list: readonly T[], test: (item: T) => boolean): number => list.filter(test).length;
const edgeOf = ({ mean, most }: Distribution): Figures<'mean' | 'most'> => ({ mean, most });
const largest = (values: readonly number[]): number | null =>
  values.length === 0
    ? null
    : values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
const least = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.min(...values);

/** @param worstFrames Differing frames to keep, those with the highest score. */
export function createTally(worstFrames: number): Tally {
  const [frames, persons, faces, embeddings] = [counter(), counter(), counter(), counter()];
  const [iou, shift, cosine] = [
    createDistribution(0, 1),
    createDistribution(0, 1),
    createDistribution(-1, 1),
  ];
  const [confidenceA, confidenceB] = [createDistribution(0, 1), createDistribution(0, 1)];
  const [spacesA, spacesB] = [new Set<string>(), new Set<string>()];
  const changes = new Map<string, number>();
  let worst: WorstFrame[] = [];
  let [shiftSum, worstShift, otherSpace, same] = [0, 0, 0, true];

  function addTotals(frame: Frame | undefined, side: 'a' | 'b', spaces: Set<string>): void {
    if (frame === undefined) return;
    frames[side] += 1;
    persons[side] += frame.persons.length;
    faces[side] += count(frame.persons, ({ hasFace }) => hasFace);
    embeddings[side] += count(frame.persons, ({ embedding }) => embedding !== undefined);
    if (frame.embeddingSpace !== null && spaces.size < 8) spaces.add(frame.embeddingSpace);
  }

  function addBoth({ a, b, both, sameSpace }: FrameComparison): void {
    if (a === undefined || b === undefined) return;
    frames.both += 1;
    persons.both += both.length;
    faces.both += count(both, (person) => person.faces === 'both');
    embeddings.both += count(both, (person) => person.embeddings === 'both');
    if (!sameSpace) otherSpace += 1;
    if (a.status !== b.status) {
      const change = `${a.status} -> ${b.status}`;
      changes.set(change, (changes.get(change) ?? 0) + 1);
    }
    for (const person of both) {
      iou.add(person.iou);
      shift.add(Math.abs(person.confidenceShift));
      shiftSum += person.confidenceShift;
      if (Math.abs(person.confidenceShift) > Math.abs(worstShift)) worstShift = person.confidenceShift;
      if (person.cosine !== null) cosine.add(person.cosine);
    }
  }

  function keepWorst(frame: FrameComparison): void {
    const score = scoreOf(frame);
    const last = worst.at(-1);
    if (score === 0 || worstFrames === 0) return;
    if (worst.length >= worstFrames && last !== undefined && score <= last.score) return;
    worst = [...worst, worstOf(frame, score)].sort((one, other) => other.score - one.score);
    worst = worst.slice(0, worstFrames);
  }

  return {
    add(frame) {
      addTotals(frame.a, 'a', spacesA);
      addTotals(frame.b, 'b', spacesB);
      addBoth(frame);
      for (const { confidence } of frame.onlyA) confidenceA.add(confidence);
      for (const { confidence } of frame.onlyB) confidenceB.add(confidence);
      same &&= isSame(frame);
      keepWorst(frame);
    },
    report: (a, b, givenUp) => ({
      identical: same && a.invalid + b.invalid === 0,
      a,
      b,
      frames: { ...sharedOf(frames), given_up: givenUp },
      persons: sharedOf(persons),
      only_a_confidence: edgeOf(confidenceA),
      only_b_confidence: edgeOf(confidenceB),
      faces: sharedOf(faces),
      embeddings: sharedOf(embeddings),
      iou: { median: iou.percentile(0.5), p5: iou.percentile(0.05), worst: iou.least },
      confidence_shift: {
        mean: shift.count === 0 ? null : shiftSum / shift.count,
        p95: shift.percentile(0.95),
        worst: shift.count === 0 ? null : worstShift,
      },
      cosine: {
        compared: cosine.count,
        median: cosine.percentile(0.5),
        p1: cosine.percentile(0.01),
        worst: cosine.least,
      },
      spaces: { a: [...spacesA], b: [...spacesB], frames_that_differ: otherSpace },
      status_changes: Object.fromEntries(changes),
      worst,
    }),
  };
}

function worstOf({ a, b, both, onlyA, onlyB }: FrameComparison, score: number): WorstFrame {
  const either = a ?? b;
  const cosines = both.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
  return {
    camera_id: either?.cameraId ?? '',
    frame_id_a: a?.frameId ?? null,
    frame_id_b: b?.frameId ?? null,
    ingest_ts: either?.ingestTs ?? 0,
    score,
    status_a: a?.status ?? null,
    status_b: b?.status ?? null,
    persons_only_a: onlyA.map(({ confidence }) => confidence),
    persons_only_b: onlyB.map(({ confidence }) => confidence),
    faces_lost: count(both, ({ faces }) => faces === 'only_a'),
    faces_won: count(both, ({ faces }) => faces === 'only_b'),
    embeddings_lost: count(both, ({ embeddings }) => embeddings === 'only_a'),
    least_iou: least(both.map(({ iou }) => iou)),
    confidence_shift: largest(both.map(({ confidenceShift }) => confidenceShift)),
    least_cosine: least(cosines),
  };
}
