import type { ModelInfo } from '@trinetra/inference-runtime';

/** A model, and what of it runs. */
export interface LoadedModel {
  readonly file: string;
  /** Such as `cpu, fp32`; with the file where another one than asked for runs. */
  readonly runs: string;
}

/** What runs: an engine that cannot is stood in for by its `.onnx`, and that must be seen. */
export function runsText({ path, requestedPath, provider, precision }: ModelInfo): string {
  return `${path === requestedPath ? '' : `${path} on `}${provider}, ${precision}`;
}
