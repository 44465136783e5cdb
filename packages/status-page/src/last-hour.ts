/** Time between two points, ms: finer than visible in a line of an hour. */
export const stepMs = 10_000;
/** Points kept: an hour. */
const maxPoints = 360;
/** Cameras kept; evicts the one seen least recently. 8640 bytes each: at most 8.7 MB. */
const maxCameras = 1000;

/** Values of a point; null if unknown. Rates are frames a second over the step. */
const pointFields = [
  'arrivingFps',
  'publishedFps',
  'p95Seconds',
  'unread',
  'oldestUnreadAgeSeconds',
  'droppedPerSecond',
] as const;

export type Point = Readonly<Record<(typeof pointFields)[number], number | null>>;

/** The last hour of one camera, or of all, oldest point first. */
export interface HourOfPoints {
  /** Milliseconds since the epoch, of each point. */
  readonly atMs: readonly number[];
  readonly points: Readonly<Record<(typeof pointFields)[number], readonly (number | null)[]>>;
}

interface Row {
  readonly values: Float32Array;
  lastStep: number;
}

/**
 * A point of all cameras, and of each, for every step of the last hour, in bounded memory that never grows
 * afterwards.
 */
export class LastHour {
  readonly #times = new Float64Array(maxPoints);
  readonly #all: Row = newRow();
  readonly #cameras = new Map<string, Row>();
  #steps = 0;

  add(atMs: number, all: Point, cameras: ReadonlyMap<string, Point>): void {
    const slot = this.#steps % maxPoints;
    this.#times[slot] = atMs;
    this.#steps += 1;
    write(this.#all, slot, all, this.#steps);
    for (const [id, point] of cameras) write(this.#rowOf(id), slot, point, this.#steps);
    for (const [id, row] of this.#cameras) {
      if (row.lastStep === this.#steps) continue;
      write(row, slot, undefined, row.lastStep);
      if (this.#steps - row.lastStep >= maxPoints) this.#cameras.delete(id);
    }
  }

  /** @param cameraId Undefined: of all. A camera that is not known has no points. */
  read(cameraId?: string): HourOfPoints {
    const row = cameraId === undefined ? this.#all : this.#cameras.get(cameraId);
    const count = row === undefined ? 0 : Math.min(this.#steps, maxPoints);
    const slots = Array.from({ length: count }, (_, index) => (this.#steps - count + index) % maxPoints);
    const read = (field: number): (number | null)[] =>
      slots.map((slot) => {
        const value = row?.values[field * maxPoints + slot] ?? Number.NaN;
        return Number.isNaN(value) ? null : Number(value.toPrecision(4));
      });
    return {
      atMs: slots.map((slot) => this.#times[slot] ?? 0),
      points: Object.fromEntries(
        pointFields.map((name, field) => [name, read(field)]),
      ) as unknown as HourOfPoints['points'],
    };
  }

  #rowOf(id: string): Row {
    const known = this.#cameras.get(id);
    if (known !== undefined) return known;
    if (this.#cameras.size >= maxCameras) {
      const [oldest] = [...this.#cameras].toSorted(([, a], [, b]) => a.lastStep - b.lastStep);
      if (oldest !== undefined) this.#cameras.delete(oldest[0]);
    }
    const row = newRow();
    this.#cameras.set(id, row);
    return row;
  }
}

function newRow(): Row {
  return { values: new Float32Array(pointFields.length * maxPoints).fill(Number.NaN), lastStep: 0 };
}

function write(row: Row, slot: number, point: Point | undefined, step: number): void {
  row.lastStep = step;
  for (const [field, name] of pointFields.entries()) {
    row.values[field * maxPoints + slot] = point?.[name] ?? Number.NaN;
  }
}
