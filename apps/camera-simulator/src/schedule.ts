import { createRandomOf } from './random.ts';

/** A frame to send. */
export interface DueFrame {
  readonly camera: number;
  /** 0 for the camera's first one. */
  readonly frame: number;
  /** Due time, ms after the start. */
  readonly dueMs: number;
}

export interface ScheduleOptions {
  readonly cameras: number;
  readonly fps: number;
  /** 0: no end. */
  readonly seconds: number;
  /** See {@link SimulatorOptions.jitter}. */
  readonly jitter: number;
  /** Frames that a camera sends at once, before it pauses for as many periods. Default 1. */
  readonly burst?: number | undefined;
  readonly seed: number;
}

/** Decides when each frame of each camera is sent. */
export interface Schedule {
  /** Frames of each camera; Infinity without an end. */
  readonly framesPerCamera: number;
  /** The time of the next frame, ms after the start; undefined after the last one. */
  nextDueMs(): number | undefined;
  /** Takes the frames that are due at `elapsedMs`, the earliest first, at most `max`. */
  takeDue(elapsedMs: number, max: number): DueFrame[];
}

/**
 * Frame `k` of camera `i` of `n` is due at `(k + i / n) / fps` seconds. The time counts from the start, not
 * from the frame before, so lateness never adds up, and cameras are spread evenly.
 * In bursts of `b` frames it is due at `(floor(k / b) + i / n) * b / fps` seconds, and jitter delays the whole
 * burst.
 */
export function createSchedule(options: ScheduleOptions): Schedule {
  const { burst = 1 } = options;
  const burstPeriodMs = (1000 * burst) / options.fps;
  // The tolerance keeps 0.1 s at 30 fps (3.0000000000000004) from being four frames.
  const framesPerCamera =
    options.seconds === 0 ? Number.POSITIVE_INFINITY : Math.ceil(options.seconds * options.fps - 1e-6);
  const cameras = Array.from({ length: options.cameras }, (_, camera) => {
    const random = createRandomOf(options.seed, camera);
    let delay = 0;
    const dueOf = (frame: number): number => {
      if (frame >= framesPerCamera) return Number.POSITIVE_INFINITY;
      if (frame % burst === 0) delay = options.jitter * random();
      return (Math.floor(frame / burst) + camera / options.cameras + delay) * burstPeriodMs;
    };
    return { camera, frame: 0, dueMs: dueOf(0), dueOf };
  });
  const earliest = (): (typeof cameras)[number] | undefined => {
    let first = cameras[0];
    for (const camera of cameras) if (first === undefined || camera.dueMs < first.dueMs) first = camera;
    return first;
  };
  return {
    framesPerCamera,
    nextDueMs() {
      const due = earliest()?.dueMs ?? Number.POSITIVE_INFINITY;
      return due === Number.POSITIVE_INFINITY ? undefined : due;
    },
    takeDue(elapsedMs, max) {
      const taken: DueFrame[] = [];
      while (taken.length < max) {
        const next = earliest();
        if (next === undefined || next.dueMs > elapsedMs) break;
        taken.push({ camera: next.camera, frame: next.frame, dueMs: next.dueMs });
        next.frame += 1;
        next.dueMs = next.dueOf(next.frame);
      }
      return taken;
    },
  };
}
