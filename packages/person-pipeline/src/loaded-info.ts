import { defined } from '@trinetra/contracts';
import {
  type InferenceModel,
  type ModelInfo,
  type NodePlacement,
  nameOfStep,
} from '@trinetra/inference-runtime';

/** What runs, and what failed before it. */
export interface LoadedInfo extends Pick<ModelInfo, 'path' | 'provider' | 'precision' | 'sha256'> {
  /** Sizes of pictures that it runs at, width first; only of the detector. */
  readonly inputSizes?: readonly string[];
  /** What its faces are given as, and why, and how many a run has; only of the embedder. */
  readonly faces?: { readonly pixels: string; readonly why: string; readonly perRun: number };
  /** Operators by the provider that ran them, on other providers than the CPU's. */
  readonly nodes?: NodePlacement;
  /** Steps that failed before, in order, and why. */
  readonly failed?: Readonly<Record<string, string>>;
}

/** @param own What only this kind of model has. */
export function loadedInfo(
  { info }: InferenceModel,
  nodes: NodePlacement | undefined,
  own: Pick<LoadedInfo, 'inputSizes' | 'faces'> = {},
): LoadedInfo {
  const { path, provider, precision, sha256, fallback } = info;
  const failed =
    fallback && Object.fromEntries(fallback.steps.map((step) => [nameOfStep(step), step.reason]));
  return { path, provider, precision, sha256, ...own, ...defined({ nodes, failed }) };
}
