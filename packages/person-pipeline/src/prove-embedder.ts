import type { Logger } from '@trinetra/contracts';
import {
  createProvenEmbedder,
  describeFacePixels,
  type Embedder,
  EmbedderError,
  type EmbedderOptions,
} from '@trinetra/embedder';
import type { OptionNames } from './options.ts';

export interface ProveEmbedderOptions {
  readonly onProblem: 'refuse' | 'warn';
  readonly names: OptionNames;
  readonly logger: Logger;
}

/**
 * The embedder, once it has proven itself on faces; the log tells what its pixels are and how it did.
 *
 * @throws {EmbedderError} `model_mismatch` where it does not tell two persons apart and `onProblem` is `refuse`.
 */
export async function proveEmbedder(
  options: EmbedderOptions,
  { onProblem, names, logger }: ProveEmbedderOptions,
): Promise<Embedder> {
  const { embedder, proof } = await createProvenEmbedder(options);
  const { same, other, alone, oneByOne, problem } = proof;
  const { path } = options.model.info;
  const fields = { path, pixels: describeFacePixels(embedder.input.pixels), why: embedder.input.why };
  if (problem !== '' && onProblem === 'refuse') {
    throw new EmbedderError(
      'model_mismatch',
      `embedder model ${path}: ${problem}; say how it wants them with ${names.facePixels}, or accept it with ${names.embedderProof}=warn`,
    );
  }
  if (problem !== '') logger.warn({ ...fields, same, other }, `the embedder is not proven: ${problem}`);
  if (oneByOne) {
    logger.warn(
      { ...fields, alone },
      Number.isNaN(alone)
        ? 'the embedder fails with several faces a run: it gets one at a time, which is slower'
        : 'what the embedder gives for a face depends on the other faces of its run, as with dynamically quantised models: it gets one at a time, which is slower',
    );
  }
  if (problem === '') logger.info({ ...fields, same, other }, 'the embedder tells faces apart');
  return embedder;
}
