import {
  createProvenEmbedder,
  describeFacePixels,
  type Embedder,
  embedderByteInput,
  embedderRunSizes,
} from '@trinetra/embedder';
import type { InferenceRuntime } from '@trinetra/inference-runtime';
import { toldPixels } from '../told-pixels.ts';
import { type LoadedModel, runsText } from './loaded-model.ts';

/** Faces a run, as EMBED_SUB_BATCH is by default. */
const maxRunSize = 16;

/** Loads an embedder as the worker does. @throws {TrinetraError} where it cannot be loaded or is no embedder. */
export async function loadEmbedder(
  runtime: InferenceRuntime,
  file: string,
): Promise<LoadedModel & { readonly faces: string; readonly embedder: Embedder }> {
  const pixels = toldPixels();
  const model = await runtime.loadModel(file, {
    byteInput: (description) => embedderByteInput(description, pixels),
  });
  const onCpu = model.info.provider === 'cpu';
  const runSizes = onCpu ? undefined : embedderRunSizes(maxRunSize);
  const { embedder } = await createProvenEmbedder({ model, pixels, maxRunSize, runSizes });
  const faces = describeFacePixels(embedder.input.pixels);
  return { file, runs: runsText(model.info), faces, embedder };
}
