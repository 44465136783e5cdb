import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type LoadedSession, type ThreadRequest, type ThreadResponse, transferList } from './messages.ts';
import type { TensorData, TensorInfo } from './types.ts';

// onnxruntime-node 1.30 hands Float16Array (Node 24) to native code that does not know it: "not enough space: expected 8,
// got 0". Where the class is missing it uses Uint16Array, which works. Only the globals of this thread change.
Reflect.deleteProperty(globalThis, 'Float16Array');

/** Owns every session. `session.run` blocks this thread, and only this one. */
const sessions = new Map<number, InferenceSession>();
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

function describe(metadata: InferenceSession['inputMetadata']): TensorInfo[] {
  return metadata.map((one) =>
    one.isTensor
      ? { name: one.name, type: one.type, dims: [...one.shape] }
      : { name: one.name, type: 'other', dims: [] },
  );
}

async function load(request: ThreadRequest & { kind: 'load' }): Promise<LoadedSession> {
  const refused: { provider: string; reason: string }[] = [];
  for (const provider of request.executionProviders) {
    try {
      const session = await InferenceSession.create(request.path, {
        executionProviders: [provider],
        intraOpNumThreads: request.intraOpThreads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      sessions.set(request.model, session);
      return {
        provider,
        refused,
        inputs: describe(session.inputMetadata),
        outputs: describe(session.outputMetadata),
      };
    } catch (error) {
      refused.push({ provider, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new Error(refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; '));
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

async function run(request: ThreadRequest & { kind: 'run' }): Promise<ThreadResponse> {
  const session = sessions.get(request.model);
  if (session === undefined) throw new Error('the model is not loaded');
  const feeds: Record<string, Tensor> = {};
  for (const [name, { type, data, dims }] of Object.entries(request.feeds))
    feeds[name] = new Tensor(type, data, dims);
  const results = await (request.fetches === undefined
    ? session.run(feeds)
    : session.run(feeds, request.fetches));
  const outputs: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(results)) outputs[name] = own(tensor);
  return { kind: 'ran', id: request.id, outputs, feeds: request.feeds };
}

async function answer(request: ThreadRequest): Promise<ThreadResponse> {
  if (request.kind === 'load') return { kind: 'loaded', id: request.id, session: await load(request) };
  if (request.kind === 'run') return run(request);
  await sessions.get(request.model)?.release();
  sessions.delete(request.model);
  return { kind: 'unloaded', id: request.id };
}

let last: Promise<void> = Promise.resolve();
port.on('message', (request: ThreadRequest) => {
  last = last.then(async () => {
    try {
      const response = await answer(request);
      const moved =
        response.kind === 'ran' ? [...transferList(response.outputs), ...transferList(response.feeds)] : [];
      port.postMessage(response, moved);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: 'failed', id: request.id, message } satisfies ThreadResponse);
    }
  });
});
