import { InferenceError } from '../errors.ts';
import type { ThreadResponse } from './messages.ts';

/**
 * Errors after which the CUDA context, or the GPU behind WebGPU, is dead for the whole process: every later call fails, and
 * only a new process gets another.
 *
 * @see https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html ("the process must be terminated and
 * relaunched")
 */
const lostDevice: readonly RegExp[] = [
  /illegal memory access|cudaErrorIllegalAddress|CUDA_ERROR_ILLEGAL_ADDRESS/i,
  /unspecified launch failure|cudaErrorLaunchFailure|CUDA_ERROR_LAUNCH_FAILED/i,
  /device-side assert|cudaErrorAssert|CUDA_ERROR_ASSERT/i,
  /misaligned address|cudaErrorMisalignedAddress|illegal instruction was encountered|cudaErrorIllegalInstruction/i,
  /hardware stack error|cudaErrorHardwareStackError|invalid program counter|cudaErrorInvalidPc/i,
  /uncorrectable ECC|cudaErrorECCUncorrectable|CUDA_ERROR_ECC_UNCORRECTABLE/i,
  /launch timed out and was terminated|cudaErrorLaunchTimeout/i,
  /context is destroyed|cudaErrorContextIsDestroyed|GPU has fallen off the bus/i,
  /CUDA (?:error|failure):? (?:214|700|702|709|710|714|715|716|717|718|719)\b/i,
  /VK_ERROR_DEVICE_LOST|(?:wgpu::)?DeviceLostReason|\bdevice (?:is|was) lost\b/i,
];

/** Whether the message of an engine says that the GPU is lost to this process. */
function saysDeviceLost(message: string): boolean {
  return lostDevice.some((wording) => wording.test(message));
}

/**
 * How engines word that memory ran out, each as it stands in their sources. A closed list: what is not in it counts as
 * another failure, which is not cured by smaller batches.
 */
const outOfMemory: readonly RegExp[] = [
  // CUDA, by name and by text: "CUDA failure 2: out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "cudaErrorMemoryAllocation"
  /\bout of memory\b/i,
  /CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation/,
  /CU(?:BLAS|DNN|SOLVER|SPARSE|FFT)_(?:STATUS_)?ALLOC_FAILED|CUDNN_STATUS_INTERNAL_ERROR_(?:DEVICE|HOST)_ALLOCATION_FAILED/,
  // cuBLAS by its own text, which CUDA 13 gives in place of the name: "CUBLAS failure 3: the resource allocation failed"
  /\bresource allocation failed\b/i,
  // TensorRT: "OutOfMemory (no further information)", "Requested amount of GPU memory (n bytes) could not be allocated"
  /\bOutOfMemory\b/,
  /amount of GPU memory \(\d+ bytes\) could not be allocated/i,
  // ONNX Runtime: its arena ("Failed to allocate memory for requested buffer of size n", "Available memory of n is
  // smaller than requested bytes of m") and the C++ library below it
  /failed to allocate memory/i,
  /Available memory of \d+ is smaller than requested bytes of \d+/i,
  /\bbad_alloc\b|\bbad allocation\b/,
  // WebGPU, and the APIs below it: Vulkan, Direct3D and DirectML
  /GPUOutOfMemoryError/,
  /VK_ERROR_OUT_OF_(?:DEVICE|HOST|POOL)_MEMORY/,
  /E_OUTOFMEMORY|0?x?8007000E|Not enough memory resources are available/i,
  // V8: an output that does not fit
  /Array buffer allocation failed/,
];

/** Whether the message of an engine says that memory ran out. */
export function saysOutOfMemory(message: string): boolean {
  return outOfMemory.some((wording) => wording.test(message));
}

/** Names a failure of ONNX Runtime by its message. Smaller batches may pass where memory ran out. */
export function inferenceErrorOf(message: string, code: 'run_failed' | 'model_load_failed'): InferenceError {
  if (saysDeviceLost(message)) return new InferenceError('device_lost', message);
  if (saysOutOfMemory(message)) return new InferenceError('out_of_memory', message, { retryable: true });
  return new InferenceError(code, message);
}

/** The failure that a thread answers with, in place of what it was asked for. */
export function failureOf(answer: ThreadResponse, code: 'run_failed' | 'model_load_failed'): InferenceError {
  return inferenceErrorOf(answer.kind === 'failed' ? answer.message : answer.kind, code);
}
