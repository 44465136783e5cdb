import { describe, expect, it } from 'vitest';
import { inferenceErrorOf } from './engine-failure.ts';

// As the engines word them.
describe('memory that ran out', () => {
  it.each([
    'Non-zero status code returned while running Conv node: std::bad_alloc',
    'bad allocation',
    'Failed to allocate memory for requested buffer of size 6553600',
    'BFCArena::AllocateRawInternal Available memory of 1048576 is smaller than requested bytes of 6553600',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=host',
    'CUDA error cudaErrorMemoryAllocation:out of memory',
    'CUBLAS_STATUS_ALLOC_FAILED',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0',
    'CUBLAS failure 3: the resource allocation failed ; GPU=0 ; expr=cublasCreate(&cublas_handle_);',
    'CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED',
    'CUDNN failure 4003: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED',
    '[TensorRT] OutOfMemory (no further information): CUDA_ERROR_OUT_OF_MEMORY',
    '1: [defaultAllocator.cpp::allocate::19] Error Code 1: Cuda Runtime (out of memory)',
    '2: [virtualMemoryBuffer.cpp] Requested amount of GPU memory (1073741824 bytes) could not be allocated.',
    'GPUOutOfMemoryError: Out of memory',
    'Failed to allocate memory for buffer mapping',
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'D3D12 create committed resource failed with E_OUTOFMEMORY (0x8007000E)',
    'DmlExecutionProvider: 8007000E Not enough memory resources are available to complete this operation.',
    'Array buffer allocation failed',
  ])('"%s"', (message) => {
    expect(inferenceErrorOf(message, 'run_failed')).toMatchObject({
      code: 'out_of_memory',
      retryable: true,
      message,
    });
  });
});

describe('another failure', () => {
  it.each([
    'Got invalid dimensions for input: images',
    'CUDNN_STATUS_EXECUTION_FAILED',
    'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version',
    'memory pattern is not enabled',
    'Failed to allocate a thread',
    'device lost',
    '',
  ])('"%s"', (message) => {
    expect(inferenceErrorOf(message, 'run_failed')).toMatchObject({ code: 'run_failed', retryable: false });
  });
});

describe('a GPU that is lost to the process', () => {
  it.each([
    'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=host',
    'CUDA error cudaErrorLaunchFailure:unspecified launch failure',
    'Error Code 1: Cuda Runtime (an illegal instruction was encountered)',
    'CUDA failure 710: device-side assert triggered',
    'CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED; CUDA failure 719',
    'VK_ERROR_DEVICE_LOST',
  ])('"%s"', (message) => {
    const error = inferenceErrorOf(message, 'run_failed');
    expect(error).toMatchObject({ code: 'device_lost', retryable: false });
  });
});
