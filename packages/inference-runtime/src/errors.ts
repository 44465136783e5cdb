import { TrinetraError } from '@trinetra/contracts';

export type InferenceErrorCode =
  | 'model_not_found'
  | 'model_load_failed'
  | 'model_mismatch'
  | 'run_failed'
  | 'out_of_memory'
  | 'thread_crashed'
  | 'closed';

/** Everything that this package throws. */
export class InferenceError extends TrinetraError<InferenceErrorCode> {}

const outOfMemory =
  /out of memory|bad_alloc|failed to allocate|CUDA_ERROR_OUT_OF_MEMORY|CUBLAS_STATUS_ALLOC_FAILED/i;

/** Names a failure of ONNX Runtime by its message. Smaller batches may pass where memory ran out. */
export function inferenceErrorOf(message: string, code: 'run_failed' | 'model_load_failed'): InferenceError {
  if (outOfMemory.test(message)) return new InferenceError('out_of_memory', message, { retryable: true });
  return new InferenceError(code, message);
}
