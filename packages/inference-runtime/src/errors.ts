import { TrinetraError } from '@trinetra/contracts';

/**
 * `invalid_options`: the caller's mistake. `runtime_missing`: ONNX Runtime has no binaries here; the message says what to do.
 * `invalid_options`: the caller's mistake. `thread_missing`: a bundle was made without the file of the thread.
 * `model_unusable`: the file is there and is no model, or cut, or tells too little; only who gave it mends that.
 * `engine_crashed`: the thread ended during this run. `inference_timeout`: this run took too long.
 * `device_lost`: the GPU is dead to this process, and only another process gets it back. `not_begun`: the run waited behind such a run; run it again. `engine_restarting`: no thread came up in time.
 */
export type InferenceErrorCode =
  | 'invalid_options'
  | 'runtime_missing'
  | 'thread_missing'
  | 'model_not_found'
  | 'model_unusable'
  | 'model_load_failed'
  | 'model_mismatch'
  | 'run_failed'
  | 'out_of_memory'
  | 'engine_crashed'
  | 'inference_timeout'
  | 'not_begun'
  | 'engine_restarting'
  | 'device_lost'
  | 'closed';

/** Everything that this package throws. */
export class InferenceError extends TrinetraError<InferenceErrorCode> {}
