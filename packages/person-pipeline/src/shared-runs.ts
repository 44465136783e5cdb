import type { Logger } from '@trinetra/contracts';
import { agreeInSharedRuns } from '@trinetra/inference-runtime';
import type { ProvenModel } from './engine-proof.ts';

/**
 * Items that a run of the model may have: as configured where its batch is fixed, or where the answers stand whatever shares a run, else one.
 *
 * @param most As configured.
 * @throws what `run` throws where that says nothing of the model.
 */
export async function itemsPerRun(
  name: string,
  { model, picture, compare }: Omit<ProvenModel, 'batch'>,
  most: number,
  logger: Logger,
): Promise<number> {
  const [batch = ''] = model.info.fileInputs[0]?.dims ?? [];
  if (most < 2 || (typeof batch === 'number' && batch > 0)) return most;
  const { ok, cosine, problem } = await agreeInSharedRuns(model, { ...picture, items: most, compare });
  if (ok) return most;
  logger.warn(
    { model: name, path: model.info.path, items: most, cosine, problem },
    'what the model gives for a picture depends on the others of its run, or such a run fails: it gets one at a time, which is slower; ' +
      'a file whose batch was opened by hand does so, and so do dynamically quantised ones',
  );
  return 1;
}
