import { TrinetraError } from '@trinetra/contracts';
import { choosePixels, describeFacePixels, EmbedderError } from '@trinetra/embedder';
import { createInferenceRuntime } from '@trinetra/inference-runtime';
import { toldPixels } from './told-pixels.ts';

/** How an embedder would be given its faces, and why; or why that is not known. */
export type FacesOfModel =
  | { readonly pixels: string; readonly why: string }
  | { readonly pixels: null; readonly problem: string };

/** Loads the embedder on the CPU, which runs what stands before its first layer. */
export async function readFaces(file: string): Promise<FacesOfModel> {
  await using runtime = await createInferenceRuntime({ executionProviders: ['cpu'] });
  try {
    const { info } = await runtime.loadModel(file);
    const { pixels, why } = choosePixels(info, toldPixels());
    return { pixels: describeFacePixels(pixels), why };
  } catch (error) {
    if (EmbedderError.isInstance(error)) return { pixels: null, problem: error.message };
    if (TrinetraError.isInstance(error))
      return { pixels: null, problem: `it is not loaded: ${error.message}` };
    throw error;
  }
}
