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
export function saysDeviceLost(message: string): boolean {
  return lostDevice.some((wording) => wording.test(message));
}
