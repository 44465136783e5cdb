import type { Logger } from '@trinetra/contracts';
import type { InferenceModel, NodePlacement } from '@trinetra/inference-runtime';

/**
 * Asks where the operators of each model ran: a provider may leave them all to another, without a word.
 *
 * @throws where none ran on the provider that is required.
 */
export async function placementsOf(
  models: Readonly<Record<string, { readonly model: Pick<InferenceModel, 'info' | 'placement'> }>>,
  required: string | undefined,
  logger: Logger,
): Promise<Record<string, NodePlacement>> {
  const placements: Record<string, NodePlacement> = {};
  for (const [name, { model }] of Object.entries(models)) {
    const nodes = await model.placement?.();
    if (nodes === null || nodes === undefined) continue;
    placements[name] = nodes;
    const { provider, path } = model.info;
    if ((nodes[provider] ?? 0) > 0) continue;
    if (required !== undefined) {
      const found = JSON.stringify(nodes);
      throw new Error(`${path}: no operator runs on ${provider}, which is required, but ${found}`);
    }
    logger.warn({ model: name, provider, nodes }, 'no operator of the model runs on its provider');
  }
  return placements;
}
