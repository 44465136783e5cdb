import type { Buckets } from './metric.ts';
import { quantile } from './quantile.ts';

/** Neighbouring bounds differ by this factor: no percentile is more than 10 % from the truth. */
const step = 1.1;
/** Shorter latencies count as this, seconds. */
const shortest = 0.001;
/** 1 ms x 1.1^158 is an hour. */
const bounds: readonly number[] = [
  ...Array.from({ length: 159 }, (_, index) => shortest * step ** index),
  Number.POSITIVE_INFINITY,
];
/** Cameras with their own counts; others count only in the total. 640 bytes each. */
const maxCameras = 1000;

/** Counts latencies, of all cameras since the start and of each camera since the last step, in bounded memory. */
export class LatencyDigest {
  readonly #all = new Uint32Array(bounds.length);
  readonly #cameras = new Map<string, Uint32Array>();
  #sum = 0;

  /** @param seconds From ingest to published event; not negative. */
  add(cameraId: string, seconds: number): void {
    const index = Math.ceil(Math.log(Math.max(seconds, shortest) / shortest) / Math.log(step) - 1e-9);
    const at = Math.min(index, bounds.length - 1);
    this.#all[at] = (this.#all[at] ?? 0) + 1;
    this.#sum += seconds;
    let camera = this.#cameras.get(cameraId);
    if (camera === undefined) {
      if (this.#cameras.size >= maxCameras) return;
      camera = new Uint32Array(bounds.length);
      this.#cameras.set(cameraId, camera);
    }
    camera[at] = (camera[at] ?? 0) + 1;
  }

  /** All since the start, cumulative as a histogram of Prometheus. */
  all(): Buckets {
    return cumulative(this.#all, this.#sum);
  }

  /** The 95th percentile of each camera that had any since the last call, seconds; begins anew. */
  takeCameras(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [id, counts] of this.#cameras) {
      const p95 = quantile(cumulative(counts, 0), 0.95);
      if (p95 === null) this.#cameras.delete(id);
      else found.set(id, p95);
      counts.fill(0);
    }
    return found;
  }
}

function cumulative(counts: Uint32Array, sum: number): Buckets {
  let total = 0;
  const upTo = Array.from(counts, (count) => {
    total += count;
    return total;
  });
  return { bounds, counts: upTo, sum };
}
