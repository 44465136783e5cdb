import { pause, within } from '@trinetra/contracts';
import { buildSnapshot } from './build-snapshot.ts';
import { LastArrivals } from './last-arrivals.ts';
import { type HourOfPoints, LastHour, type Point, stepMs } from './last-hour.ts';
import { LatencyDigest } from './latency-digest.ts';
import { Readings } from './metric.ts';
import type { StatusPageOptions, StatusPageSettings } from './options.ts';
import type { CameraFigures, StatusSnapshot, WorkerState } from './snapshot.ts';
import { type Sample, sampleOf, Window } from './window.ts';

/** Longest wait for the worker's state; then the page says that it does not answer. */
const stateLimitMs = 2500;
/** The second snapshot comes early, so that rates appear soon. */
const secondAfterMs = 300;

/** Makes snapshots while the page has viewers; otherwise once a step, for the history. */
export class Figures {
  readonly #options: Pick<StatusPageOptions, 'metrics' | 'state'>;
  readonly #settings: StatusPageSettings;
  readonly #send: (snapshot: StatusSnapshot) => void;
  readonly #onError: (error: unknown) => void;
  readonly #startedAt = performance.now();
  readonly #window: Window;
  readonly #latencies = new LatencyDigest();
  readonly #arrivals = new LastArrivals();
  readonly #hour = new LastHour();
  #p95 = new Map<string, number>();
  /** The sample that the next point of the history is compared with. */
  #lastStep: Sample | undefined;
  #state: WorkerState = { ready: false, parts: [] };
  #asking: Promise<WorkerState> | undefined;
  #run: AbortController | undefined;
  #isStopped = false;

  constructor(
    options: Pick<StatusPageOptions, 'metrics' | 'state'>,
    settings: StatusPageSettings,
    send: (snapshot: StatusSnapshot) => void,
    onError: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#send = send;
    this.#onError = onError;
    this.#window = new Window(settings.windowMs);
  }

  /** Whether the page has viewers. */
  watched(isWatched: boolean): void {
    if (this.#isStopped) return;
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    if (isWatched) void this.#look(run.signal, [0, secondAfterMs], this.#settings.intervalMs);
    else void this.#look(run.signal, [], stepMs);
  }

  /** Ends for good. */
  stop(): void {
    this.#isStopped = true;
    this.#run?.abort();
  }

  /** Counts a published event, and its time since the ingest. */
  published(cameraId: string, seconds: number): void {
    this.#latencies.add(cameraId, seconds);
  }

  /** @param cameraId Undefined: of all cameras. */
  history(cameraId?: string): HourOfPoints {
    return this.#hour.read(cameraId);
  }

  /** Makes a snapshot after each of these waits, then every `everyMs`, until `signal` aborts. */
  async #look(signal: AbortSignal, firstMs: readonly number[], everyMs: number): Promise<void> {
    for (let round = 0; ; round += 1) {
      const waitMs = firstMs[round] ?? everyMs;
      if (waitMs > 0) await pause(waitMs, signal);
      if (signal.aborted) return;
      try {
        const snapshot = await this.#snapshot();
        if (!signal.aborted) this.#send(snapshot);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  async #snapshot(): Promise<StatusSnapshot> {
    await this.#askState();
    const readings = new Readings(await this.#options.metrics());
    const now = sampleOf(readings, performance.now(), this.#latencies.all());
    const redisOk = this.#state.parts.some(({ kind, ok }) => kind === 'redis' && ok);
    this.#arrivals.note(now.cameras, now.atMs, redisOk);
    this.#takeStep(readings, now);
    return this.#build(readings, now, this.#window.add(now));
  }

  #build(readings: Readings, now: Sample, before: Sample | undefined): StatusSnapshot {
    const { workerId: id, version, showFrames, showFaces } = this.#settings;
    const memory = { arrivals: this.#arrivals, p95Seconds: this.#p95 };
    return buildSnapshot(readings, now, before, memory, {
      atMs: Date.now(),
      worker: { id, version, uptimeSeconds: (performance.now() - this.#startedAt) / 1000 },
      state: this.#state,
      pictures: showFrames ? (showFaces ? 'clear' : 'blurred') : 'none',
    });
  }

  /** Adds a point to the history where one is due. */
  #takeStep(readings: Readings, now: Sample): void {
    const before = this.#lastStep;
    // Timers are a few milliseconds early or late.
    if (before !== undefined && now.atMs - before.atMs < stepMs - 100) return;
    this.#lastStep = now;
    this.#p95 = this.#latencies.takeCameras();
    if (before === undefined) return;
    const { atMs, totals, endToEnd, cameras } = this.#build(readings, now, before);
    const seconds = (now.atMs - before.atMs) / 1000;
    const pointOf = (camera: CameraFigures): Point => {
      const { id, arrivingFps, fps, p95Seconds, unread, oldestUnreadAgeSeconds, dropped, evicted } = camera;
      const then = before.cameras.get(id);
      const lost = dropped + evicted - (then?.dropped ?? 0) - (then?.evicted ?? 0);
      return {
        arrivingFps,
        publishedFps: fps,
        p95Seconds,
        unread,
        oldestUnreadAgeSeconds,
        droppedPerSecond: Math.max(0, lost) / seconds,
      };
    };
    const points = new Map(cameras.map((camera) => [camera.id, pointOf(camera)]));
    const all: Point = {
      arrivingFps: totals.arrivingFps,
      publishedFps: totals.fps,
      p95Seconds: endToEnd.p95,
      unread: totals.unread,
      oldestUnreadAgeSeconds: totals.oldestUnreadAgeSeconds,
      droppedPerSecond: [...points.values()].reduce((sum, point) => sum + (point.droppedPerSecond ?? 0), 0),
    };
    this.#hour.add(atMs, all, points);
  }

  /** Never rejects; a worker that does not answer is not ready. One request at a time, however slow. */
  async #askState(): Promise<void> {
    this.#asking ??= this.#options.state().finally(() => {
      this.#asking = undefined;
    });
    const silent = (note: string): WorkerState => ({
      ready: false,
      parts: [{ kind: 'worker', name: 'Worker', ok: false, note }],
    });
    try {
      const late = silent(`no answer within ${stateLimitMs / 1000} s`);
      this.#state = await within(this.#asking, stateLimitMs, late);
    } catch (error) {
      this.#onError(error);
      this.#state = silent('cannot say how it is');
    }
  }
}
