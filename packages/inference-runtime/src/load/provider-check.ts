import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../onnx/model-file.ts';
import { findOnnxRuntime } from '../onnx-runtime.ts';
import type { LoadFailure } from '../types.ts';

/** What stands against a provider on this machine, before it is asked; null where nothing is known. */
export type ProviderCheck = (
  provider: string,
) => Promise<{ readonly reason: LoadFailure; readonly message: string } | null>;

/** Providers that ONNX Runtime for Node loads from a library beside it. */
const inLibraries: readonly string[] = ['cuda', 'tensorrt'];

/** Variables that name a Vulkan driver: somebody chose one, software or not. */
const vulkanDrivers = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES', 'VK_ADD_DRIVER_FILES'];

async function hasGpuDevice(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const nodes = await readdir('/dev/dri').catch(() => []);
  return nodes.some((name) => name.startsWith('renderD')) || (await isThere('/dev/nvidia0'));
}

/**
 * Asks for the provider's library and for a GPU. ONNX Runtime would find the same, but with lines on standard error, and
 * WebGPU would take a software driver, which is slower than the CPU provider by two orders of magnitude. ONNX Runtime is not
 * loaded for it: only the inference threads may.
 */
export const checkProvider: ProviderCheck = async (provider) => {
  if (inLibraries.includes(provider)) {
    if (process.platform === 'win32') return null;
    const { name, version, binaries } = findOnnxRuntime();
    const library = `libonnxruntime_providers_${provider}.so`;
    if (await isThere(join(binaries, library))) return null;
    const advice = name === 'onnxruntime-node' ? '' : `: npm install onnxruntime-node@${version} brings it`;
    return { reason: 'provider_missing', message: `${library} is not installed${advice}` };
  }
  if (provider !== 'webgpu' || vulkanDrivers.some((name) => (process.env[name] ?? '') !== '')) return null;
  if (await hasGpuDevice()) return null;
  return {
    reason: 'gpu_missing',
    message: `no GPU device in /dev/dri, no /dev/nvidia0 and none of ${vulkanDrivers.join(', ')}`,
  };
};
