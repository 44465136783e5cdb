import { ContractsError } from './contracts-error.ts';
import type { DetectionEvent } from './detection-event.ts';

/**
 * The cosine of the angle between two embeddings, -1..1: near 1 for one person, near 0 for two.
 * Compare only embeddings of one space: {@link sameEmbeddingSpace}.
 *
 * @throws {ContractsError} `invalid_embedding` where they differ in length, or one has no direction: empty, all zero, not finite.
 */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new ContractsError(
      'invalid_embedding',
      `expected embeddings of one length but received ${a.length} and ${b.length} numbers`,
    );
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const cosine = dot / Math.sqrt(squaresA * squaresB);
  if (!Number.isFinite(cosine))
    throw new ContractsError('invalid_embedding', 'expected finite numbers that are not all zero');
  return Math.min(1, Math.max(-1, cosine));
}

/** Whether the embeddings of two events may be compared. Not where one has none. */
export function sameEmbeddingSpace(
  a: Pick<DetectionEvent, 'embedding_space'>,
  b: Pick<DetectionEvent, 'embedding_space'>,
): boolean {
  return a.embedding_space !== null && a.embedding_space === b.embedding_space;
}
