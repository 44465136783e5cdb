/** Each item with its answer. @throws where they are not as many. */
export function zip<A, B>(items: readonly A[], answers: readonly B[]): [A, B][] {
  if (items.length !== answers.length) {
    throw new Error(`expected ${items.length} answers but received ${answers.length}`);
  }
  return items.map((item, index) => [item, answers[index] as B]);
}
