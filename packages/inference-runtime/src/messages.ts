import type { TensorData, TensorInfo } from './types.ts';

export type ThreadRequest =
  | {
      readonly kind: 'load';
      readonly id: number;
      readonly model: number;
      readonly path: string;
      readonly intraOpThreads: number;
      readonly executionProviders: readonly string[];
    }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly model: number;
      readonly feeds: Record<string, TensorData>;
      readonly fetches?: readonly string[];
    }
  | { readonly kind: 'unload'; readonly id: number; readonly model: number };

export interface LoadedSession {
  readonly provider: string;
  /** Providers that were tried first and refused, with what they said. */
  readonly refused: readonly { readonly provider: string; readonly reason: string }[];
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

export type ThreadResponse =
  | { readonly kind: 'loaded'; readonly id: number; readonly session: LoadedSession }
  | {
      readonly kind: 'ran';
      readonly id: number;
      readonly outputs: Record<string, TensorData>;
      readonly feeds: Record<string, TensorData>;
    }
  | { readonly kind: 'unloaded'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** The buffers that can be moved: each once, and only where the tensor owns the whole of it. */
export function transferList(tensors: Readonly<Record<string, TensorData>>): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values(tensors)) {
    if (data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength)
      buffers.add(data.buffer);
  }
  return [...buffers];
}
