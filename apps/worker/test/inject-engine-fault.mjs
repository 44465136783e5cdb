// Preloaded into a real worker process (NODE_OPTIONS=--import), its threads included: injects a fault at the public API of
// ONNX Runtime, as long as the file INJECT_ENGINE_FILE says so:
//   {"kind": "oom" | "throw" | "end" | "hang" | "stuck" | "slow", "model": "detector" | "face" | "embedder", "over": 0, "once": false}
// `over`: runs of more items only. `once`: the first run that meets it, in whatever thread, takes it away.
// `slow` makes a run 400 ms longer.
// `stuck` waits in native code for the FIFO INJECT_ENGINE_FIFO to be written: no thread can be interrupted there.
import { readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const file = process.env.INJECT_ENGINE_FILE;

/** The fault of now; undefined where there is none. */
function readFault() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether this thread is the one that takes a fault that comes once. */
function take() {
  try {
    renameSync(file, `${file}.taken`);
    return true;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function modelOf([, , height]) {
  return { 640: 'detector', 112: 'embedder' }[height] ?? 'face';
}

async function strike({ kind }) {
  // As the providers word it: CUDA's, and ONNX Runtime's own.
  if (kind === 'oom') throw new Error('CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc(...)');
  if (kind === 'throw') throw new Error('Non-zero status code returned while running Conv node (injected)');
  if (kind === 'end') process.exit(9); // ends this thread, as an uncaught error would
  if (kind === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
  if (kind === 'slow') await new Promise((resolve) => setTimeout(resolve, 400));
  if (kind === 'stuck') readFileSync(process.env.INJECT_ENGINE_FIFO);
}

if (!isMainThread) {
  const { InferenceSession } = createRequire(
    new URL('../../../packages/inference-runtime/package.json', import.meta.url),
  )('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = async function (feeds, ...rest) {
    const fault = readFault();
    const [{ dims }] = Object.values(feeds);
    const isMeant = fault !== undefined && fault.model === modelOf(dims) && dims[0] > (fault.over ?? 0);
    if (isMeant && (!fault.once || take())) await strike(fault);
    return run.call(this, feeds, ...rest);
  };
}
