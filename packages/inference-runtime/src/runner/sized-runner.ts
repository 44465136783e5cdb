import { errorText, type Failure, type Result, requireOptions, TrinetraError } from '@trinetra/contracts';
import { InferenceError } from '../errors.ts';
import { refusing } from '../options.ts';
import { SizeLimit } from './size-limit.ts';

/** Is told how the runs of a model go. */
export interface RunObserver {
  /** A run passed. */
  succeeded(): void;
  /** A run failed; `final` where its items are given up, and not run again. */
  failed(error: unknown, final: boolean): void;
  /** Items that a run may have from now on. Told once at the start. */
  resized(size: number): void;
}

export interface SizedRunnerOptions {
  /** Items a run, at most. */
  readonly maxSize: number;
  /** Items below which a run gets no smaller: the batch of a model that fixes it. Default 1. */
  readonly minSize?: number;
  /** Sizes that runs are padded to; a limit that memory cut grows back to one of these. Default: any. */
  readonly sizes?: readonly number[] | undefined;
  /** Whether the runs of one call may overlap; default: one after the other. */
  readonly overlap?: boolean;
  /**
   * What becomes of a run that fails for another reason than memory: its items fail with it, or its halves run, down to
   * the items at fault. Default `fail`.
   */
  readonly onError?: 'fail' | 'halve';
  readonly observer?: RunObserver | undefined;
}

/** Runs items in parts that fit the memory of the engine. */
export interface SizedRunner {
  /** Items a run, at most, as of now. */
  readonly limit: number;
  /**
   * Runs `step` over the items in parts, and answers for every item, in order: what it gave, or the error that the item is
   * given up for, whose code is the reason (`run_failed` of one without). Rejects only with the reason of `signal`, once no run
   * is under way any more.
   */
  run<A, B>(
    items: readonly A[],
    step: (part: readonly A[]) => Promise<readonly B[]>,
    signal?: AbortSignal,
  ): Promise<Result<B>[]>;
}

/** Times that a run may begin anew because one before it took the thread away. */
const maxDisplacements = 16;

/** After these the items of a run are given up: fewer of them would fail, or hang, just so. */
const hopeless = new Set([
  'closed',
  'inference_timeout',
  'engine_restarting',
  'device_lost',
  'not_begun',
  'model_mismatch',
  'model_not_found',
  'model_load_failed',
  'model_unusable',
]);

const codeOf = (error: unknown): string => (TrinetraError.isInstance(error) ? error.code : 'run_failed');

const failureOf = (error: unknown): Failure => ({
  ok: false,
  reason: codeOf(error),
  message: errorText(error),
  error,
});

class Runner implements SizedRunner {
  readonly #size: SizeLimit;
  readonly #overlap: boolean;
  readonly #halve: boolean;
  readonly #observer: RunObserver | undefined;

  constructor(options: SizedRunnerOptions) {
    const {
      maxSize,
      minSize = 1,
      sizes,
      overlap = false,
      onError = 'fail',
      observer,
    } = requireOptions(options, refusing);
    if (!(maxSize >= 1))
      throw new InferenceError('invalid_options', `maxSize: expected 1 or more but received ${maxSize}`);
    this.#size = new SizeLimit(minSize, maxSize, sizes);
    this.#overlap = overlap;
    this.#halve = onError === 'halve';
    this.#observer = observer;
    observer?.resized(this.limit);
  }

  get limit(): number {
    return this.#size.value;
  }

  async run<A, B>(
    items: readonly A[],
    step: (part: readonly A[]) => Promise<readonly B[]>,
    signal?: AbortSignal,
  ): Promise<Result<B>[]> {
    const call: Call<A, B> = { step, signal };
    const attempts = await this.#inParts(items, this.limit, call);
    signal?.throwIfAborted();
    return attempts;
  }

  /** Parts of at most `size` items, or of the limit of then where it has fallen meanwhile. */
  async #inParts<A, B>(
    items: readonly A[],
    size: number,
    call: Call<A, B>,
    again = false,
  ): Promise<Result<B>[]> {
    const attempts: Promise<Result<B>[]>[] = [];
    for (let at = 0; at < items.length; ) {
      const part = items.slice(at, at + Math.min(size, this.limit));
      at += part.length;
      const attempt = this.#attempt(part, call, again);
      if (!this.#overlap) await attempt;
      attempts.push(attempt);
    }
    return (await Promise.all(attempts)).flat();
  }

  async #attempt<A, B>(part: readonly A[], call: Call<A, B>, again: boolean): Promise<Result<B>[]> {
    for (let tries = 0; ; tries += 1) {
      if (call.signal?.aborted === true) return part.map(() => failureOf(call.signal?.reason));
      try {
        const values = await call.step(part);
        this.#passed(part.length);
        return values.map((value) => ({ ok: true, value }));
      } catch (error) {
        if (codeOf(error) === 'not_begun' && tries < maxDisplacements) continue;
        return this.#recover(part, call, again, error);
      }
    }
  }

  #passed(size: number): void {
    const before = this.limit;
    this.#size.passed(size);
    if (this.limit !== before) this.#observer?.resized(this.limit);
    this.#observer?.succeeded();
  }

  /** Cuts a run that failed, where that may help; else gives its items up. */
  async #recover<A, B>(
    part: readonly A[],
    call: Call<A, B>,
    again: boolean,
    error: unknown,
  ): Promise<Result<B>[]> {
    const next = call.signal?.aborted === true ? 0 : this.#nextSize(part.length, codeOf(error), again);
    if (call.signal?.aborted !== true) this.#observer?.failed(error, next === 0);
    if (next === 0) return part.map(() => failureOf(error));
    return this.#inParts(part, next, call, again || codeOf(error) === 'engine_crashed');
  }

  /** Items of the parts in which `size` items run again; 0: not at all. */
  #nextSize(size: number, code: string, again: boolean): number {
    if (code === 'out_of_memory') {
      const cut = this.#size.canCut(size);
      const before = this.limit;
      this.#size.cut(size);
      if (this.limit !== before) this.#observer?.resized(this.limit);
      return cut ? Math.ceil(size / 2) : 0;
    }
    // Once more and alone in the new thread: a crash costs a restart, so there is no search by halves.
    if (code === 'engine_crashed') return again ? 0 : 1;
    if (!this.#halve || size === 1 || hopeless.has(code)) return 0;
    return Math.ceil(size / 2);
  }
}

interface Call<A, B> {
  readonly step: (part: readonly A[]) => Promise<readonly B[]>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes a runner that remembers which size fits a model: a run that is refused for memory is halved until it fits, later
 * runs have that size at once, and after 200 runs at the limit one more item is tried (after twice as many each time
 * that this fails). An item that does not fit alone fails with `out_of_memory`, the others do not.
 *
 * Items of a run that crashes the thread run once more, alone; those of a run that hangs fail.
 *
 * @example
 * const runner = createSizedRunner({ maxSize: 16 });
 * const attempts = await runner.run(faces, (part) => embed(part));
 */
export function createSizedRunner(options: SizedRunnerOptions): SizedRunner {
  return new Runner(options);
}
