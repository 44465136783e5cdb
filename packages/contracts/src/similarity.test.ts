import { expect, it } from 'vitest';
import { ContractsError } from './contracts-error.ts';
import { cosineSimilarity, sameEmbeddingSpace } from './similarity.ts';

it.each([
  ['the same direction', [3, 4], [6, 8], 1],
  ['the opposite one', [1, -2], [-1, 2], -1],
  ['a right angle', [1, 0], [0, 5], 0],
  ['45 degrees', [1, 0], [1, 1], Math.SQRT1_2],
])('is the cosine of the angle: %s', (_, a, b, cosine) => {
  expect(cosineSimilarity(a, b)).toBeCloseTo(cosine, 12);
  expect(cosineSimilarity(Float32Array.from(a), b)).toBeCloseTo(cosine, 6);
});

it('never leaves -1..1', () => {
  const long = Array.from({ length: 512 }, () => 0.1);
  expect(cosineSimilarity(long, long)).toBeLessThanOrEqual(1);
});

it.each([
  ['of two lengths', [1], [1, 2]],
  ['of no length', [], []],
  ['all zero', [0, 0], [1, 0]],
  ['not finite', [Number.NaN, 1], [1, 0]],
])('refuses embeddings %s', (_, a, b) => {
  expect(() => cosineSimilarity(a, b)).toThrow(ContractsError);
});

it('lets only embeddings of one space be compared', () => {
  expect(sameEmbeddingSpace({ embedding_space: 'a' }, { embedding_space: 'a' })).toBe(true);
  expect(sameEmbeddingSpace({ embedding_space: 'a' }, { embedding_space: 'b' })).toBe(false);
  expect(sameEmbeddingSpace({ embedding_space: null }, { embedding_space: null })).toBe(false);
});
