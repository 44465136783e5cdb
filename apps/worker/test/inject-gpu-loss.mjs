// Preloaded into a real worker process (NODE_OPTIONS=--import), its threads included: ONNX Runtime fails as CUDA does when
// the GPU is lost, from the moment on that the file that INJECT_LOST_GPU names is there. A GPU is what cannot be had here.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (!isMainThread) {
  const load = createRequire(new URL('../../../packages/inference-runtime/package.json', import.meta.url));
  const { InferenceSession } = load('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = async function (...args) {
    if (existsSync(process.env.INJECT_LOST_GPU ?? '')) {
      throw new Error(
        "Non-zero status code returned while running Conv node. Name:'/model.0/conv/Conv' Status Message: CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=host",
      );
    }
    return run.apply(this, args);
  };
}
