import { InferenceError } from '../errors.ts';
import type { InferenceModel } from '../types.ts';
import { type Agreement, type CompareOutput, compareOutputs, disagree, worstOf } from './agreement.ts';
import { type GoldenCase, type PictureOptions, runPictures } from './golden.ts';
import { pictureOf, samplePicture } from './sample-tensor.ts';

export interface SharedRunOptions extends PictureOptions {
  /** Pictures a run, 2 or more: a size that is in use. */
  readonly items: number;
  /** Default: by cosine. */
  readonly compare?: CompareOutput | undefined;
}

/** Different pictures of a run; the others are these again. */
const different = 3;

type Outputs = GoldenCase['outputs'];

/** One item of the outputs of a run; null where they do not hold a block for each. */
function itemOf(outputs: Outputs, items: number, item: number): Outputs | null {
  const parts = Object.entries(outputs).map(([name, { data, dims }]) => {
    const length = data.length / items;
    const part = data.subarray(item * length, (item + 1) * length);
    return [name, { data: part, dims: dims[0] === items ? [1, ...dims.slice(1)] : dims }] as const;
  });
  return parts.every(([, { data }]) => Number.isInteger(data.length) && data.length > 0)
    ? Object.fromEntries(parts)
    : null;
}

/**
 * Whether what a model gives for a picture stands, whatever shares its run and wherever it lies there: a run of different pictures, the
 * same in the reverse order, and one of them among black ones. Files whose batch was opened by hand, and models that scale a run by its
 * largest value, fail.
 *
 * @returns The worst agreement; not ok, with the message, where such a run fails.
 * @throws what `run` throws for another reason than the model: a thread that ended, an abort.
 */
export async function agreeInSharedRuns(
  model: InferenceModel,
  options: SharedRunOptions,
): Promise<Agreement> {
  const { items, compare, range, size } = options;
  const found = pictureOf(model.info.inputs, size);
  const { height, width } = found ?? { height: 0, width: 0 };
  const samples = Array.from({ length: different }, (_, seed) =>
    samplePicture({ height, width }, range, seed + 1),
  );
  const black = new Float32Array(3 * height * width).fill(range[0]);
  // The last one is not the first: in the reverse order every place has another picture, but for some in the middle.
  const mixed = Array.from(
    { length: items },
    (_, at) => samples[at === items - 1 ? 1 : at % different] ?? black,
  );
  const run = (pictures: readonly Float32Array[]): Promise<Outputs> =>
    runPictures(model, { pictures, height, width }, options);
  const runs: Outputs[] = [];
  try {
    runs.push(await run(mixed), await run(mixed.toReversed()));
    runs.push(await run(mixed.map((picture, at) => (at === 0 ? picture : black))));
  } catch (error) {
    if (InferenceError.isInstance(error) && error.code === 'run_failed') return disagree(error.message);
    throw error;
  }
  const [forward = {}, backward = {}, alone = {}] = runs;
  const agreements = [
    ...mixed.map((_, at) => [itemOf(forward, items, at), itemOf(backward, items, items - 1 - at)] as const),
    [itemOf(alone, items, 0), itemOf(forward, items, 0)] as const,
  ].map(([expected, got]) =>
    expected === null || got === null
      ? disagree(`the outputs do not hold ${items} answers`)
      : compareOutputs(got, expected, compare),
  );
  return worstOf(agreements) ?? disagree('there is no run to compare');
}
