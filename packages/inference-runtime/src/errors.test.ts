import { expect, it } from 'vitest';
import { inferenceErrorOf } from './errors.ts';

// As ONNX Runtime, CUDA and TensorRT word them.
it.each([
  ['Non-zero status code: bad allocation: std::bad_alloc', 'out_of_memory'],
  ['Failed to allocate memory for requested buffer of size 6553600', 'out_of_memory'],
  ['CUDA failure 2: out of memory ; GPU=0', 'out_of_memory'],
  ['CUBLAS_STATUS_ALLOC_FAILED', 'out_of_memory'],
  ['[TensorRT] OutOfMemory (no further information): CUDA_ERROR_OUT_OF_MEMORY', 'out_of_memory'],
  ['Got invalid dimensions for input: images', 'run_failed'],
])('"%s" is %s', (message, code) => {
  const error = inferenceErrorOf(message, 'run_failed');
  expect(error.code).toBe(code);
  expect(error.retryable).toBe(code === 'out_of_memory');
});
