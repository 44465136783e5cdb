/**
 * How engines word that memory ran out, each as it stands in their sources. A closed list: what is not in it counts as
 * another failure, which is not cured by smaller batches.
 */
const wordings: readonly RegExp[] = [
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
  return wordings.some((wording) => wording.test(message));
}
