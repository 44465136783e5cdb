/** How long answers of Redis are being waited for. A long round of many short calls is no long wait. */
export class AnswerWatch {
  readonly #askedAt = new Set<{ readonly at: number }>();

  /** Waits for an answer. */
  async of<T>(answer: Promise<T>): Promise<T> {
    const asked = { at: performance.now() };
    this.#askedAt.add(asked);
    try {
      return await answer;
    } finally {
      this.#askedAt.delete(asked);
    }
  }

  /** How long the oldest one is being waited for, ms; 0 where none is. */
  longestMs(): number {
    const [oldest] = this.#askedAt;
    return oldest === undefined ? 0 : performance.now() - oldest.at;
  }
}
