import type { InferenceRuntimeValues } from '../options.ts';
import type { ByteInput, ModelInfo, NodePlacement, RunOptions, TensorData } from '../types.ts';

/** What a session is made of. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A model whose bytes are `head` and then a part of a file, which the thread reads into place. */
  | {
      readonly kind: 'embedded';
      readonly head: Uint8Array;
      readonly path: string;
      readonly offset: number;
      readonly bytes: number;
    };

/** What the thread needs to make a session. */
export interface SessionRequest
  extends Pick<InferenceRuntimeValues, 'deviceId' | 'intraOpThreads' | 'cpuNiceness'> {
  /** The session's number, the same in every thread. */
  readonly model: number;
  readonly source: ModelSource;
  /** Of the model's file, hex. */
  readonly sha256: string;
  readonly provider: string;
  /** Whether an ONNX model is to take bytes. */
  readonly byteInput?: ByteInput | undefined;
  /** Whether to find out where its operators run. */
  readonly profile: boolean;
}

export type ThreadRequest =
  | ({ readonly kind: 'load'; readonly id: number } & SessionRequest)
  | ({
      readonly kind: 'run';
      readonly id: number;
      readonly model: number;
      readonly feeds: Record<string, TensorData>;
      /** Shared memory for the outputs; a run that fits answers there. */
      readonly outputs?: Readonly<Record<string, TensorData>> | undefined;
    } & Pick<RunOptions, 'fetches' | 'floatOutputs'>)
  | { readonly kind: 'placement'; readonly id: number; readonly model: number }
  | { readonly kind: 'unload'; readonly id: number; readonly model: number };

/** A request without its number, which the client gives. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
export type ThreadCall = Unnumbered<ThreadRequest>;

/** What a thread is started with. */
export interface ThreadData {
  /** Number of the first request that somebody still waits for: those before it that wait are not begun. */
  readonly firstWanted: BigInt64Array;
}

/** Ends a thread that is given up, once it is out of native code. */
export const endMessage = 'end';

/** A session as it was made. */
export type LoadedSession = Pick<ModelInfo, 'inputs' | 'outputs' | 'byteInput'>;

export type ThreadResponse =
  | { readonly kind: 'loaded'; readonly id: number; readonly session: LoadedSession }
  | {
      readonly kind: 'ran';
      readonly id: number;
      /** Absent where they are in the memory that the request gave. */
      readonly outputs?: Record<string, TensorData>;
      /** Those that were moved here. */
      readonly feeds: Record<string, TensorData>;
    }
  | { readonly kind: 'placed'; readonly id: number; readonly nodes: NodePlacement | null }
  | { readonly kind: 'unloaded'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** Whether a tensor owns the whole of its buffer, which can be moved then. */
function isMovable({ data }: TensorData): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}

/** The tensors whose buffers are moved. */
export function movable(tensors: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => isMovable(tensor)));
}

/** The buffers that can be moved, each once. */
export function transferList(tensors: Readonly<Record<string, TensorData>>): ArrayBuffer[] {
  const buffers = Object.values(tensors).flatMap((tensor) =>
    isMovable(tensor) && tensor.data.buffer instanceof ArrayBuffer ? [tensor.data.buffer] : [],
  );
  return [...new Set(buffers)];
}

/** The names and shapes of feeds in one text: `images 4x640x640x3`. Runs with the same one ask an engine for the same work. */
export function shapesOf(feeds: Readonly<Record<string, Pick<TensorData, 'dims'>>>): string {
  return Object.entries(feeds)
    .map(([name, { dims }]) => `${name} ${dims.join('x')}`)
    .join(', ');
}
