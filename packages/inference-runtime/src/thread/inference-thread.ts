import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '@trinetra/contracts';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { externalPartsOf } from '../onnx/external-data.ts';
import { rewriteModel } from '../onnx/rewrite-model.ts';
import { onnxRuntime } from '../onnx-runtime.ts';
import type { ByteInput, NodePlacement, TensorData, TensorInfo } from '../types.ts';
import { convertFeed, toFloat32 } from './convert.ts';
import {
  endMessage,
  type LoadedSession,
  type ModelSource,
  movable,
  type SessionRequest,
  shapesOf,
  type ThreadData,
  type ThreadRequest,
  type ThreadResponse,
  transferList,
} from './messages.ts';
import { lowerThread } from './niceness.ts';
import { profilePrefix, readPlacement } from './node-placement.ts';
import { assertSameFile } from './same-file.ts';
import { ShapeSessions } from './shape-sessions.ts';

// ONNX Runtime 1.30 hands Float16Array (Node 24) to native code that does not know it: "not enough space: expected 8,
// got 0". Where the class is missing it uses Uint16Array, which works. Only the globals of this thread change.
Reflect.deleteProperty(globalThis, 'Float16Array');

type RunRequest = ThreadRequest & { readonly kind: 'run' };

interface LoadedHere {
  /** The session that the model was loaded with, which is profiled where that is asked for. */
  readonly first: InferenceSession;
  readonly sessions: ShapeSessions<InferenceSession>;
  /** Whether each shape of feeds has a session of its own. */
  readonly byShape: boolean;
}

/** Owns every session. `session.run` blocks this thread, and only this one. */
const models = new Map<number, LoadedHere>();
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

function describe(metadata: InferenceSession['inputMetadata']): TensorInfo[] {
  return metadata.map((one) =>
    one.isTensor
      ? { name: one.name, type: one.type, dims: [...one.shape] }
      : { name: one.name, type: 'other', dims: [] },
  );
}

/** The bytes of a model around a part of a file, which is read into place. */
async function readEmbedded(source: ModelSource & { kind: 'embedded' }): Promise<Uint8Array> {
  const { head, path, offset, bytes } = source;
  const model = new Uint8Array(head.length + bytes);
  model.set(head);
  const file = await open(path);
  try {
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await file.read(model, head.length + at, bytes - at, offset + at);
      if (bytesRead === 0) throw new Error(`${path} ends ${bytes - at} bytes early`);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
  return model;
}

/** Operators that TensorRT cannot run go to CUDA, not to the CPU. */
function providersOf(provider: string, deviceId: number): InferenceSession.ExecutionProviderConfig[] {
  const cuda = { name: 'cuda', deviceId };
  if (provider === 'tensorrt') return [{ name: 'tensorrt', deviceId }, cuda];
  return [provider === 'cuda' ? cuda : provider];
}

async function createSession(
  source: ModelSource,
  byteInput: ByteInput | undefined,
  options: InferenceSession.SessionOptions,
): Promise<{ session: InferenceSession; takesBytes: boolean }> {
  const { InferenceSession: sessions } = onnxRuntime();
  const create = sessions.create.bind(sessions);
  if (source.kind !== 'file') {
    const bytes = source.kind === 'bytes' ? source.bytes : await readEmbedded(source);
    return { session: await create(bytes, options), takesBytes: false };
  }
  const model = await readFile(source.path);
  const rewritten = rewriteModel(model, byteInput);
  if (rewritten === null) return { session: await create(source.path, options), takesBytes: false };
  const { bytes, takesBytes } = rewritten;
  const [external] = externalPartsOf(model);
  if (external === undefined) return { session: await create(bytes, options), takesBytes };
  // Weights in other files are looked for there; not through links out of the folder, as caches of downloads have them.
  const session = { model_external_initializers_file_folder_path: dirname(source.path) };
  return create(bytes, { ...options, extra: { session } }).then(
    (made) => ({ session: made, takesBytes }),
    async () => ({ session: await create(source.path, options), takesBytes: false }),
  );
}

async function load(request: SessionRequest): Promise<LoadedSession> {
  const { source, sha256, provider, deviceId, intraOpThreads, cpuNiceness, byteInput, model, profile } =
    request;
  if (provider === 'cpu') lowerThread(cpuNiceness); // a thread that feeds a GPU must not wait
  const options = {
    executionProviders: providersOf(provider, deviceId),
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  } as const;
  await models.get(model)?.sessions.release(); // of a load that took too long, and ended after all
  models.delete(model);
  const { session, takesBytes } = await createSession(source, byteInput, {
    ...options,
    ...(profile ? { enableProfiling: true, profileFilePrefix: profilePrefix(model) } : {}),
  });
  const another = async (): Promise<InferenceSession> => {
    if (source.kind === 'file') await assertSameFile(source.path, sha256);
    return (await createSession(source, byteInput, options)).session;
  };
  const sessions = new ShapeSessions(session, another);
  models.set(model, { first: session, sessions, byShape: provider === 'cuda' });
  return {
    inputs: describe(session.inputMetadata),
    outputs: describe(session.outputMetadata),
    ...(takesBytes ? { byteInput } : {}),
  };
}

/** A result whose data owns its buffer, so that it can be moved. */
function own(tensor: Tensor): TensorData {
  const data = tensor.data as TensorData['data'];
  const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
  return {
    type: tensor.type as TensorData['type'],
    data: whole ? data : data.slice(),
    dims: [...tensor.dims],
  };
}

/** Whether tensors may lie in shared memory: Node 24 hands it to native code, Node 22 does not. The first run finds out. */
let takesShared = true;

const isShared = ({ data }: TensorData): boolean => data.buffer instanceof SharedArrayBuffer;

function tensorOf(given: TensorData): Tensor {
  const { type, data, dims } = given;
  const ort = onnxRuntime();
  return new ort.Tensor(type, takesShared || !isShared(given) ? data : data.slice(), dims);
}

async function run(request: RunRequest): Promise<ThreadResponse> {
  try {
    return await runOnce(request);
  } catch (error) {
    const shared = [...Object.values(request.feeds), ...Object.values(request.outputs ?? {})].some(isShared);
    if (!takesShared || !shared || !/^Invalid argument$/.test(errorText(error))) throw error;
    takesShared = false;
    return await runOnce(request).catch((another: unknown) => {
      takesShared = true; // it was something else
      throw another;
    });
  }
}

async function runOnce(request: RunRequest): Promise<ThreadResponse> {
  const loaded = models.get(request.model);
  if (loaded === undefined) throw new Error('the model is not loaded');
  const session = await loaded.sessions.of(loaded.byShape ? shapesOf(request.feeds) : '');
  const feeds: Record<string, Tensor> = {};
  for (const [name, feed] of Object.entries(request.feeds)) {
    const tensor = tensorOf(feed);
    feeds[name] = feed.to === undefined ? tensor : await convertFeed(tensor, feed.to);
  }
  const answer = { kind: 'ran', id: request.id, feeds: movable(request.feeds) } as const;
  const room = takesShared ? request.outputs : undefined;
  if (room !== undefined && (await runInto(session, feeds, room))) return answer;
  const results = await (request.fetches === undefined
    ? session.run(feeds)
    : session.run(feeds, request.fetches));
  const outputs: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(results)) {
    outputs[name] = own(request.floatOutputs === true ? await toFloat32(tensor) : tensor);
  }
  return { ...answer, outputs };
}

/** Runs with the outputs in memory that is there; false where that fails, as where they have other shapes. */
async function runInto(
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  outputs: Readonly<Record<string, TensorData>>,
): Promise<boolean> {
  const fetches = Object.entries(outputs).map(([name, output]) => [name, tensorOf(output)]);
  try {
    await session.run(feeds, Object.fromEntries(fetches));
    return true;
  } catch {
    return false; // ONNX Runtime has many words for it; the run that follows tells what else is wrong
  }
}

async function place(model: number): Promise<NodePlacement | null> {
  models.get(model)?.first.endProfiling();
  return readPlacement(profilePrefix(model));
}

async function answer(request: ThreadRequest): Promise<ThreadResponse> {
  if (request.kind === 'load') return { kind: 'loaded', id: request.id, session: await load(request) };
  if (request.kind === 'run') return run(request);
  if (request.kind === 'placement')
    return { kind: 'placed', id: request.id, nodes: await place(request.model) };
  await models.get(request.model)?.sessions.release();
  models.delete(request.model);
  return { kind: 'unloaded', id: request.id };
}

const { firstWanted }: ThreadData = workerData;
let last: Promise<void> = Promise.resolve();
port.on('message', (request: ThreadRequest | typeof endMessage) => {
  if (request === endMessage) process.exit(0); // of this thread alone
  last = last.then(async () => {
    try {
      // Where nobody waits for it any more, the answer tells that this thread is free.
      if (request.id < Atomics.load(firstWanted, 0)) throw new Error('not begun');
      const response = await answer(request);
      const moved =
        response.kind === 'ran'
          ? [...transferList(response.outputs ?? {}), ...transferList(response.feeds)]
          : [];
      port.postMessage(response, moved);
    } catch (error) {
      port.postMessage({
        kind: 'failed',
        id: request.id,
        message: errorText(error),
      } satisfies ThreadResponse);
    }
  });
});
