/** Things that are kept for those who need one of that kind again; of more than `max` those go that wait longest. */
export class SpareList<K, V> {
  readonly #max: number;
  readonly #kept: { readonly kind: K; readonly value: V }[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  take(kind: K): V | undefined {
    const at = this.#kept.findIndex((kept) => kept.kind === kind);
    return at < 0 ? undefined : this.#kept.splice(at, 1)[0]?.value;
  }

  give(kind: K, value: V): void {
    this.#kept.push({ kind, value });
    if (this.#kept.length > this.#max) this.#kept.shift();
  }
}
