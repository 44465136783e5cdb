import { cosineSimilarity, type DetectionEvent, sameEmbeddingSpace } from '@trinetra/contracts';

/** Which person an embedding shows; `similarity` is null for one who was not known. */
export interface Match {
  readonly identity: string;
  readonly similarity: number | null;
}

export interface GalleryOptions {
  /** Persons kept; the one seen longest ago is forgotten first. */
  readonly size: number;
  /** Least cosine of two embeddings of one person. */
  readonly threshold: number;
}

/** The persons that were seen. Its embeddings are of one space: those of another cannot be compared with them. */
export class Gallery {
  readonly #options: GalleryOptions;
  /** By identity; who was seen last comes last. */
  readonly #known = new Map<string, readonly number[]>();
  #space: string | null = null;
  #people = 0;

  constructor(options: GalleryOptions) {
    this.#options = options;
  }

  get space(): string | null {
    return this.#space;
  }

  /** Whether the embeddings of an event belong here. The first event that has some decides on the space. */
  takes(event: DetectionEvent): boolean {
    this.#space ??= event.embedding_space;
    return sameEmbeddingSpace(event, { embedding_space: this.#space });
  }

  /** Finds the person who looks most alike, or notes a new one. */
  resolve(embedding: readonly number[]): Match {
    let identity: string | undefined;
    let similarity = this.#options.threshold;
    for (const [name, known] of this.#known) {
      const cosine = cosineSimilarity(embedding, known);
      if (cosine >= similarity) [identity, similarity] = [name, cosine];
    }
    if (identity === undefined) return { identity: this.#add(embedding), similarity: null };
    this.#see(identity, embedding);
    return { identity, similarity };
  }

  #add(embedding: readonly number[]): string {
    this.#people += 1;
    const identity = `person-${this.#people}`;
    this.#see(identity, embedding);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#options.size && oldest !== undefined) this.#known.delete(oldest);
    return identity;
  }

  #see(identity: string, embedding: readonly number[]): void {
    this.#known.delete(identity);
    this.#known.set(identity, embedding);
  }
}
