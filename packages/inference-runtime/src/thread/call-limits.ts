import { shapesOf, type ThreadCall } from './messages.ts';

/** How long calls may take, ms, each from when the thread begins it. */
export interface ThreadLimits {
  readonly runMs: number;
  /** Loading a model, and its first run, which may compile or tune; on TensorRT {@link buildFactor} times that. */
  readonly coldMs: number;
  /** How much longer than it may a call may take before its thread is given up. */
  readonly lateMs: number;
  /** After this a thread that was given up and still is in native code counts as stuck. */
  readonly abandonedMs: number;
}

/** TensorRT builds an engine for a model, and for every shape that it has not seen: seconds to minutes each. */
const buildFactor = 10;
/** Shapes of a model that are remembered as built. */
const maxShapes = 64;

/** Knows which models of a thread, and which shapes of their feeds, have run before. */
export class CallLimits {
  readonly #limits: ThreadLimits;
  /** Models that have run; on GPU providers with the shapes of their feeds. */
  readonly #warm = new Map<number, Set<string>>();
  readonly #providers = new Map<number, string>();

  constructor(limits: ThreadLimits) {
    this.#limits = limits;
  }

  /** How long the next call may take, ms, from when the thread begins it. It learns from each what is warm. */
  of(request: ThreadCall): number {
    if (request.kind === 'load') this.#providers.set(request.model, request.provider);
    const provider = this.#providers.get(request.model);
    const coldMs = this.#limits.coldMs * (provider === 'tensorrt' ? buildFactor : 1);
    if (request.kind !== 'run') return coldMs;
    const key = provider === 'cpu' ? '' : shapesOf(request.feeds);
    const seen = this.#warm.get(request.model) ?? new Set();
    this.#warm.set(request.model, seen);
    if (seen.has(key) || seen.size >= maxShapes) return this.#limits.runMs;
    seen.add(key);
    return coldMs;
  }
}
