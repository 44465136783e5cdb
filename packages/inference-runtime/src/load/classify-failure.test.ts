import { expect, it } from 'vitest';
import { classifyFailure } from './classify-failure.ts';

/** What ONNX Runtime 1.30 puts before an error of CUDA: seen on an H200 whose memory another process had. */
const prelude =
  'Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 ' +
  'std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, ' +
  'const char*, const char*, int) [with ERRTYPE = cublasStatus_t; bool THRW = true; SUCCTYPE = cublasStatus_t; ' +
  'std::conditional_t<THRW, void, common::Status> = void] /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:146 ' +
  'std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, ' +
  'const char*, const char*, int) [with ERRTYPE = cublasStatus_t; bool THRW = true]';

it.each([
  ['CUBLAS failure 3: the resource allocation failed ; GPU=0 ; expr=cublasCreate(&handle);', 'out_of_memory'],
  ['CUDA failure 2: out of memory ; GPU=0 ; hostname=vm ; expr=cudaMalloc(&p, size);', 'out_of_memory'],
  ['CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0', 'driver_too_old'],
  ['CUDA failure 100: no CUDA-capable device is detected ; GPU=-1', 'gpu_missing'],
  ['CUDA failure 999: unknown error', 'load_failed'],
] as const)('"%s" behind a page of types is %s, and told without them', (text, reason) => {
  expect(classifyFailure(new Error(`${prelude} ${text} \n\n`))).toEqual({ reason, message: text });
});

it('tells other errors in one line of 400 characters at most', () => {
  const { message } = classifyFailure(new Error(`a\n\nb ${'c'.repeat(500)}`));
  expect(message).toBe(`a b ${'c'.repeat(396)}`);
});
