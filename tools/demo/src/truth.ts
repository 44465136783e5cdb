import type { PersonTruth } from '@trinetra/camera-simulator/scene';
import type { EventDetection } from '@trinetra/contracts';

type Box = readonly [number, number, number, number];

/** A frame of a generated scene: its truth and its event. */
export interface JudgedFrame {
  readonly cameraId: string;
  /** Of the camera's own picture, px; truth is in these, events are in 0..1. */
  readonly width: number;
  readonly height: number;
  readonly persons: readonly PersonTruth[];
  readonly detections: readonly EventDetection[];
  /** Beside `detections`; null without one. */
  readonly embeddings: readonly (Float32Array | null)[];
}

/** Agreement of the events with the truth of the scenes. */
export interface Agreement {
  /** Persons that should be found: at least half visible, and 16x40 px in a picture of 640 px. */
  readonly persons_true: number;
  /** Share of detections that are a person, at IoU 0.5; null without any. */
  readonly precision: number | null;
  /** Share of persons that were found. */
  readonly recall: number | null;
  /** Median distance of landmarks from the truth, by the face's width. */
  readonly landmark_error: number | null;
  /** Share of faces whose nearest embedding from another camera is the same person's. */
  readonly identities_matched: number | null;
  /**
   * Error rate of telling same from different persons across cameras, at the threshold where both errors are
   * equal.
   */
  readonly identity_error: number | null;
}

const leastOverlap = 0.5;

function area([x1, y1, x2, y2]: Box): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

function shared(a: Box, b: Box): number {
  return area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
}

/** Intersection over union. */
function iou(a: Box, b: Box): number {
  const both = shared(a, b);
  return both === 0 ? 0 : both / (area(a) + area(b) - both);
}

/** Longer side of the detector's picture, px. */
const seenSide = 640;

/** Whether a person should be found: at least half visible, and 16x40 px in the detector's picture. */
function counts({ bbox: [x1, y1, x2, y2], hidden }: PersonTruth, { width, height }: JudgedFrame): boolean {
  const scale = seenSide / Math.max(width, height);
  return hidden < 0.5 && (x2 - x1) * scale >= 16 && (y2 - y1) * scale >= 40;
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

interface Matched {
  readonly person: PersonTruth;
  readonly detection: EventDetection;
  readonly embedding: Float32Array | null;
}

/**
 * Most confident first, each detection takes the person that it overlaps most. Persons that need not be found
 * excuse detections that overlap them.
 */
function matchFrame(frame: JudgedFrame): { readonly matched: Matched[]; readonly wrong: number } {
  const free = new Set(frame.persons);
  const matched: Matched[] = [];
  let wrong = 0;
  for (const [index, detection] of frame.detections.entries()) {
    const { width, height } = frame;
    const [x1, y1, x2, y2] = detection.bbox;
    const box: Box = [x1 * width, y1 * height, x2 * width, y2 * height];
    const best = [...free].reduce<PersonTruth | undefined>(
      (found, person) =>
        found === undefined || iou(person.bbox, box) > iou(found.bbox, box) ? person : found,
      undefined,
    );
    if (best !== undefined && iou(best.bbox, box) >= leastOverlap) {
      free.delete(best);
      if (counts(best, frame))
        matched.push({ person: best, detection, embedding: frame.embeddings[index] ?? null });
      continue;
    }
    const excused = frame.persons.some(
      (person) =>
        !counts(person, frame) && shared(person.bbox, box) >= 0.5 * Math.min(area(person.bbox), area(box)),
    );
    if (!excused) wrong += 1;
  }
  return { matched, wrong };
}

function landmarkErrors({ person, detection }: Matched, frame: JudgedFrame): number[] {
  const { face } = detection;
  if (person.face === null || typeof face !== 'object') return [];
  const faceWidth = person.face.bbox[2] - person.face.bbox[0];
  return person.face.landmarks.map(([x, y], at) => {
    const [foundX, foundY] = face.landmarks[at] ?? [Number.NaN, Number.NaN];
    return Math.hypot(foundX * frame.width - x, foundY * frame.height - y) / faceWidth;
  });
}

interface Face {
  readonly cameraId: string;
  readonly identity: number;
  readonly embedding: Float32Array;
}

/** Faces beyond this many are left out: their pairs grow with the square. */
const maxFaces = 1200;

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** The error rate where as many different persons pass as same persons fail. */
export function equalErrorRate(same: readonly number[], different: readonly number[]): number | null {
  if (same.length === 0 || different.length === 0) return null;
  const rising = same.toSorted((a, b) => a - b);
  const falling = different.toSorted((a, b) => b - a);
  let passing = 0;
  for (const [failing, threshold] of rising.entries()) {
    while (passing > 0 && (falling[passing - 1] ?? 0) < threshold) passing -= 1;
    if (failing === 0) {
      passing = falling.findIndex((cosine) => cosine < threshold);
      if (passing === -1) passing = falling.length;
    }
    const [missed, mistaken] = [failing / rising.length, passing / falling.length];
    if (missed >= mistaken) return (missed + mistaken) / 2;
  }
  return 1;
}

function judgeIdentities(all: readonly Face[]): Pick<Agreement, 'identities_matched' | 'identity_error'> {
  const step = Math.max(1, Math.ceil(all.length / maxFaces));
  const faces = all.filter((_, index) => index % step === 0);
  const [same, different]: [number[], number[]] = [[], []];
  let [asked, right] = [0, 0];
  for (const face of faces) {
    let best = Number.NEGATIVE_INFINITY;
    let nearest: Face | undefined;
    let known = false;
    for (const other of faces) {
      if (other.cameraId === face.cameraId) continue;
      const cosine = dot(face.embedding, other.embedding);
      const own = other.identity === face.identity;
      (own ? same : different).push(cosine);
      known ||= own;
      if (cosine > best) [best, nearest] = [cosine, other];
    }
    if (!known) continue; // nobody else saw this person
    asked += 1;
    if (nearest?.identity === face.identity) right += 1;
  }
  return {
    identities_matched: asked === 0 ? null : right / asked,
    identity_error: equalErrorRate(same, different),
  };
}

/** Compares events with the truth; null without a frame with a truth. */
export function judge(frames: readonly JudgedFrame[]): Agreement | null {
  if (frames.length === 0) return null;
  let [found, wrong, wanted] = [0, 0, 0];
  const errors: number[] = [];
  const faces: Face[] = [];
  for (const frame of frames) {
    const result = matchFrame(frame);
    found += result.matched.length;
    wrong += result.wrong;
    wanted += frame.persons.filter((person) => counts(person, frame)).length;
    for (const one of result.matched) {
      errors.push(...landmarkErrors(one, frame));
      if (one.embedding === null || one.person.face === null) continue;
      faces.push({ cameraId: frame.cameraId, identity: one.person.identity, embedding: one.embedding });
    }
  }
  return {
    persons_true: wanted,
    precision: found + wrong === 0 ? null : found / (found + wrong),
    recall: wanted === 0 ? null : found / wanted,
    landmark_error: median(errors),
    ...judgeIdentities(faces),
  };
}
