import { buildSnapshot, takeSample } from './build-snapshot.ts';
import { History } from './history.ts';
import { Readings } from './metric.ts';
import type { StatusPageOptions, StatusPageSettings } from './options.ts';
import type { StatusSnapshot, WorkerState } from './snapshot.ts';

/** The worker is asked how it is for so long; then the page says that it does not answer. */
const stateLimitMs = 2500;
/** The second snapshot comes early, so that rates are there soon. */
const secondAfterMs = 300;

/** Makes snapshots while somebody looks, and nothing while nobody does. */
export class Figures {
  readonly #options: Pick<StatusPageOptions, 'metrics' | 'state'>;
  readonly #settings: StatusPageSettings;
  readonly #send: (snapshot: StatusSnapshot) => void;
  readonly #onError: (error: unknown) => void;
  readonly #startedAt = performance.now();
  readonly #history: History;
  #state: WorkerState = { ready: false, parts: [] };
  #asking: Promise<WorkerState> | undefined;
  #run: AbortController | undefined;

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
    this.#history = new History(settings.windowMs);
  }

  start(): void {
    if (this.#run !== undefined) return;
    const run = new AbortController();
    this.#run = run;
    void this.#tick(run.signal, secondAfterMs);
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#history.clear();
  }

  async #tick(signal: AbortSignal, nextMs: number): Promise<void> {
    try {
      const snapshot = await this.#snapshot();
      if (!signal.aborted) this.#send(snapshot);
    } catch (error) {
      this.#onError(error);
    }
    if (signal.aborted) return;
    const timer = setTimeout(() => void this.#tick(signal, this.#settings.intervalMs), nextMs);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  async #snapshot(): Promise<StatusSnapshot> {
    await this.#askState();
    const readings = new Readings(await this.#options.metrics());
    const now = takeSample(readings, performance.now());
    const { workerId: id, version, showFrames, showFaces } = this.#settings;
    return buildSnapshot(readings, now, this.#history.add(now), {
      atMs: Date.now(),
      worker: { id, version, uptimeSeconds: (performance.now() - this.#startedAt) / 1000 },
      state: this.#state,
      pictures: showFrames ? (showFaces ? 'clear' : 'blurred') : 'none',
    });
  }

  /** Never rejects; a worker that does not say is not ready. Asked once at a time, however slow the answer. */
  async #askState(): Promise<void> {
    this.#asking ??= this.#options.state().finally(() => {
      this.#asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<WorkerState>((resolve) => {
      const note = `no answer within ${stateLimitMs} ms`;
      timer = setTimeout(
        () => resolve({ ready: false, parts: [{ name: 'Worker', ok: false, note }] }),
        stateLimitMs,
      );
    });
    try {
      this.#state = await Promise.race([this.#asking, late]);
    } catch (error) {
      this.#onError(error);
      this.#state = { ready: false, parts: [{ name: 'Worker', ok: false, note: 'cannot say how it is' }] };
    } finally {
      clearTimeout(timer);
    }
  }
}
