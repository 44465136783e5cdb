/** What a step gave for one item: a value, or the error that this item alone causes. */
export type Attempt<B> =
  | { readonly ok: true; readonly value: B }
  | { readonly ok: false; readonly error: unknown };

/**
 * Runs a batch; where it fails, runs its halves, down to the single items at fault, so that one bad item costs
 * only itself. At most 2n - 1 runs for n items.
 */
export async function runBisecting<A, B>(
  items: readonly A[],
  run: (items: readonly A[]) => Promise<readonly B[]>,
): Promise<Attempt<B>[]> {
  try {
    return (await run(items)).map((value) => ({ ok: true, value }));
  } catch (error) {
    if (items.length <= 1) return items.map(() => ({ ok: false, error }));
    const middle = Math.ceil(items.length / 2);
    const head = await runBisecting(items.slice(0, middle), run);
    return [...head, ...(await runBisecting(items.slice(middle), run))];
  }
}
