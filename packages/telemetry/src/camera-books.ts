import { type CameraStats, frameOutcomes, type SourceStats } from '@trinetra/contracts';
import { type BoundedLabels, otherLabel } from './bounded-labels.ts';

/** Counts that never fall: delivered, evicted, then one of each of {@link frameOutcomes}. */
type Counts = readonly number[];

const none: Counts = new Array(2 + frameOutcomes.length).fill(0);

const plus = (a: Counts, b: Counts): Counts => a.map((count, at) => count + (b[at] ?? 0));
const minus = (a: Counts, b: Counts): Counts => a.map((count, at) => count - (b[at] ?? 0));

function countsOf(camera: CameraStats): Counts {
  return [camera.delivered, camera.evicted, ...frameOutcomes.map((outcome) => camera.outcomes[outcome])];
}

/** What one label is worth in a scrape. */
export interface LabelSum {
  readonly delivered: number;
  readonly evicted: number;
  /** As `frameOutcomes`. */
  readonly outcomes: readonly number[];
  readonly inFlight: number;
  /** Undefined where no camera of the label has a stream; its age is null where no entry tells one. */
  readonly stream:
    | { readonly unread: number; readonly oldestUnreadAgeSeconds: number | null; readonly length: number }
    | undefined;
}

interface Book {
  /** Undefined once its series has ended. */
  label: string | undefined;
  /** What was counted before the series of the label began. */
  base: Counts;
  last: Counts;
}

/**
 * Adds cameras up by label, so that no series of a counter falls while it lasts: a camera that leaves `_other` leaves its counts
 * there, and one that comes back after its series ended begins a new one. A camera changes its label only with nothing in flight:
 * `delivered = sum(outcomes) + in flight` holds for each label.
 */
export class CameraBooks {
  readonly #labels: BoundedLabels;
  readonly #books = new Map<string, Book>();
  /** Of cameras that were counted as `_other`. */
  #left: Counts = none;

  constructor(labels: BoundedLabels) {
    this.#labels = labels;
  }

  /** Another source counts from the beginning. */
  restart(): void {
    this.#books.clear();
    this.#left = none;
  }

  /** Counts are summed, the oldest age is the largest one. */
  fold({ cameras }: SourceStats): Map<string, LabelSum> {
    this.#forgetAbsent(cameras);
    for (const [cameraId, camera] of cameras) {
      if (isOver(camera)) this.#labels.mayGo(cameraId);
      else this.#labels.stays(cameraId);
    }
    const sums = new Map<string, LabelSum>();
    for (const [cameraId, camera] of cameras) this.#keepBook(cameraId, camera);
    for (const [cameraId, camera] of cameras) {
      // Another may have taken its label by now.
      const { label, base, last } = this.#bookOf(cameraId, camera);
      if (label === undefined) continue;
      const before = label === otherLabel && !sums.has(label) ? sumOf(this.#left) : sums.get(label);
      sums.set(label, add(before, sumOf(minus(last, base), camera)));
    }
    if (!sums.has(otherLabel) && this.#left.some((count) => count > 0))
      sums.set(otherLabel, sumOf(this.#left));
    return sums;
  }

  #forgetAbsent(cameras: SourceStats['cameras']): void {
    for (const [cameraId, { label, base, last }] of this.#books) {
      const camera = cameras.get(cameraId);
      // The source may have forgotten a camera that came back since.
      if (camera !== undefined && minus(countsOf(camera), last).every((count) => count >= 0)) continue;
      if (label === otherLabel) this.#left = plus(this.#left, minus(last, base));
      this.#labels.forget(cameraId);
      this.#books.delete(cameraId);
    }
  }

  #bookOf(cameraId: string, camera: CameraStats): Book {
    const book = this.#books.get(cameraId) ?? { label: this.#labels.of(cameraId), base: none, last: none };
    this.#books.set(cameraId, book);
    if (book.label === cameraId && !this.#labels.has(cameraId)) {
      book.label = undefined;
      // Nothing was in flight when it lost the label: then, or now.
      book.base = isOver(camera) ? countsOf(camera) : book.last;
    }
    return book;
  }

  #keepBook(cameraId: string, camera: CameraStats): void {
    const now = countsOf(camera);
    const book = this.#bookOf(cameraId, camera);
    if (!isOver(camera)) {
      if (book.label === undefined) book.label = this.#labels.of(cameraId);
      else if (book.label === otherLabel && camera.inFlight === 0) this.#promote(cameraId, book, now);
    }
    book.last = now;
  }

  #promote(cameraId: string, book: Book, now: Counts): void {
    const label = this.#labels.of(cameraId);
    if (label === otherLabel) return;
    this.#left = plus(this.#left, minus(now, book.base));
    book.label = label;
    book.base = now;
  }
}

/** Whether nothing more is going to be counted for a camera. */
function isOver({ gone, inFlight }: CameraStats): boolean {
  return gone === true && inFlight === 0;
}

function sumOf([delivered = 0, evicted = 0, ...outcomes]: Counts, camera?: CameraStats): LabelSum {
  const stream =
    camera === undefined || camera.gone === true
      ? undefined
      : {
          unread: camera.unread,
          oldestUnreadAgeSeconds: camera.oldestUnreadAgeSeconds,
          length: camera.streamLength,
        };
  return { delivered, evicted, outcomes, inFlight: camera?.inFlight ?? 0, stream };
}

/** The largest age that is known. */
function oldestOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function add(a: LabelSum | undefined, b: LabelSum): LabelSum {
  if (a === undefined) return b;
  const stream =
    a.stream === undefined || b.stream === undefined
      ? (a.stream ?? b.stream)
      : {
          unread: a.stream.unread + b.stream.unread,
          oldestUnreadAgeSeconds: oldestOf(a.stream.oldestUnreadAgeSeconds, b.stream.oldestUnreadAgeSeconds),
          length: a.stream.length + b.stream.length,
        };
  return {
    delivered: a.delivered + b.delivered,
    evicted: a.evicted + b.evicted,
    outcomes: plus(a.outcomes, b.outcomes),
    inFlight: a.inFlight + b.inFlight,
    stream,
  };
}
