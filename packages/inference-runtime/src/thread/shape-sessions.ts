/** What is needed of a session here. */
export interface ReleasableSession {
  release(): Promise<void>;
}

/** Sessions of one model, at most: runs come padded to a few sizes. */
const maxSessions = 8;

/**
 * The sessions of one model, one for each shape of its feeds. ONNX Runtime's CUDA provider tunes every convolution anew when the
 * shape changes, and forgets the one before: where runs of 1 and of 16 items take turns, each takes a second. A session that
 * sees one shape only is tuned once.
 *
 * @see https://github.com/microsoft/onnxruntime/issues/23006
 */
export class ShapeSessions<S extends ReleasableSession> {
  readonly #create: () => Promise<S>;
  /** By shape, the one used last at the end. */
  readonly #sessions = new Map<string, S>();
  /** The session that the model was loaded with, until a shape has it. */
  #first: S | undefined;

  constructor(first: S, create: () => Promise<S>) {
    this.#first = first;
    this.#create = create;
  }

  /** The session for feeds of this shape; one call at a time. */
  async of(shape: string): Promise<S> {
    const session = this.#sessions.get(shape) ?? (await this.#next());
    this.#sessions.delete(shape);
    this.#sessions.set(shape, session);
    return session;
  }

  async #next(): Promise<S> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return first;
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= maxSessions) {
      this.#sessions.delete(oldest[0]);
      await oldest[1].release();
    }
    return this.#create();
  }

  async release(): Promise<void> {
    const all = [...(this.#first === undefined ? [] : [this.#first]), ...this.#sessions.values()];
    this.#first = undefined;
    this.#sessions.clear();
    for (const session of all) await session.release();
  }
}
