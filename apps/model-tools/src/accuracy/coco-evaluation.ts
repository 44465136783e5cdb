/** A box as COCO has it, px: left, top, width, height. */
export type CocoBox = readonly [x: number, y: number, width: number, height: number];

/** A person that is there. */
export interface TruthBox {
  readonly box: CocoBox;
  /** A crowd in one box: detections in it count neither for nor against, and nobody has to find it. */
  readonly crowd: boolean;
}

/** A person that a detector found. */
export interface FoundBox {
  readonly box: CocoBox;
  readonly confidence: number;
}

/** One picture; either list may be empty. */
export interface EvaluatedImage {
  readonly truths: readonly TruthBox[];
  readonly found: readonly FoundBox[];
}

/** What became of one detection: it hit a person, hit a crowd (which counts for nothing), or hit nothing. */
type Hit = 'person' | 'crowd' | 'nothing';

/** Detections of a picture that count for average precision: the most confident. */
const maxDetections = 100;

const evenly = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i === count - 1 ? to : from + i * ((to - from) / (count - 1))));

/** 0.5, 0.55 .. 0.95. */
const overlapThresholds = evenly(0.5, 0.95, 10);

/** 0, 0.01 .. 1, at which precision is read. */
const recallPoints = evenly(0, 1, 101);

/** Shared area over that of both, or over the detection's own where the truth is a crowd. */
function overlapOf(found: CocoBox, { box, crowd }: TruthBox): number {
  const width = Math.min(found[0] + found[2], box[0] + box[2]) - Math.max(found[0], box[0]);
  const height = Math.min(found[1] + found[3], box[1] + box[3]) - Math.max(found[1], box[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const own = found[2] * found[3];
  return shared / (crowd ? own : own + box[2] * box[3] - shared);
}

/**
 * Gives each detection, the most confident first, the free person that it overlaps most, else a crowd; a crowd takes any number.
 *
 * @param found Most confident first.
 * @see https://github.com/cocodataset/cocoapi/blob/master/PythonAPI/pycocotools/cocoeval.py (evaluateImg)
 */
function matchImage(found: readonly FoundBox[], truths: readonly TruthBox[], least: number): Hit[] {
  const persons = truths.filter(({ crowd }) => !crowd);
  const crowds = truths.filter(({ crowd }) => crowd);
  const taken = new Set<TruthBox>();
  return found.map(({ box }) => {
    let [best, bestOverlap]: [TruthBox | undefined, number] = [undefined, Math.min(least, 1 - 1e-10)];
    for (const person of persons) {
      const overlap = taken.has(person) ? -1 : overlapOf(box, person);
      if (overlap >= bestOverlap) [best, bestOverlap] = [person, overlap];
    }
    if (best !== undefined) {
      taken.add(best);
      return 'person';
    }
    return crowds.some((crowd) => overlapOf(box, crowd) >= bestOverlap) ? 'crowd' : 'nothing';
  });
}

const byConfidence = <T extends { readonly confidence: number }>(found: readonly T[]): T[] =>
  found.toSorted((a, b) => b.confidence - a.confidence);

const personsIn = (images: readonly EvaluatedImage[]): number =>
  images.reduce((sum, { truths }) => sum + truths.filter(({ crowd }) => !crowd).length, 0);

/**
 * Average precision at one overlap: precision, made so that it never rises with recall, read at 101 recalls.
 *
 * @returns 0..1; null without a person to find.
 * @see https://github.com/cocodataset/cocoapi/blob/master/PythonAPI/pycocotools/cocoeval.py (accumulate)
 */
function averagePrecisionAt(images: readonly EvaluatedImage[], least: number): number | null {
  const persons = personsIn(images);
  if (persons === 0) return null;
  const counted = images.flatMap(({ truths, found }) => {
    const top = byConfidence(found).slice(0, maxDetections);
    const hits = matchImage(top, truths, least);
    return top.map(({ confidence }, index) => ({ confidence, hit: hits[index] }));
  });
  const recalls: number[] = [];
  const precisions: number[] = [];
  let [right, wrong] = [0, 0];
  for (const { hit } of byConfidence(counted)) {
    if (hit === 'person') right += 1;
    if (hit === 'nothing') wrong += 1;
    recalls.push(right / persons);
    precisions.push(right + wrong === 0 ? 0 : right / (right + wrong));
  }
  for (let index = precisions.length - 1; index > 0; index -= 1) {
    precisions[index - 1] = Math.max(precisions[index - 1] ?? 0, precisions[index] ?? 0);
  }
  let index = 0;
  const read = recallPoints.map((recall) => {
    while (index < recalls.length && (recalls[index] ?? 0) < recall) index += 1;
    return precisions[index] ?? 0;
  });
  return read.reduce((sum, precision) => sum + precision, 0) / read.length;
}

export interface AveragePrecision {
  /** At an overlap of 0.5, 0..1; null without a person to find. */
  readonly ap50: number | null;
  /** The mean over overlaps of 0.5 to 0.95. */
  readonly ap50To95: number | null;
}

/** COCO's AP of one category for boxes of all sizes, with 100 detections a picture at most. */
export function averagePrecision(images: readonly EvaluatedImage[]): AveragePrecision {
  const each = overlapThresholds.map((least) => averagePrecisionAt(images, least));
  const [ap50 = null] = each;
  if (ap50 === null) return { ap50: null, ap50To95: null };
  return { ap50, ap50To95: each.reduce<number>((sum, ap) => sum + (ap ?? 0), 0) / each.length };
}

/** What a worker with some confidence threshold would find, by overlaps of at least 0.5. */
export interface AtConfidence {
  readonly persons: number;
  /** Persons that were found. */
  readonly found: number;
  /** Detections of nobody. */
  readonly wrong: number;
  /** `found / persons`; null without a person. */
  readonly recall: number | null;
  /** `found / (found + wrong)`; null without a detection that counts. */
  readonly precision: number | null;
}

/** @param confidence Least confidence, 0..1; compared as float32, as the detector does. */
export function countAtConfidence(images: readonly EvaluatedImage[], confidence: number): AtConfidence {
  const least = Math.fround(confidence);
  const hits = images.flatMap(({ truths, found }) =>
    matchImage(byConfidence(found.filter((one) => one.confidence >= least)), truths, 0.5),
  );
  const persons = personsIn(images);
  const found = hits.filter((hit) => hit === 'person').length;
  const wrong = hits.filter((hit) => hit === 'nothing').length;
  return {
    persons,
    found,
    wrong,
    recall: persons === 0 ? null : found / persons,
    precision: found + wrong === 0 ? null : found / (found + wrong),
  };
}
