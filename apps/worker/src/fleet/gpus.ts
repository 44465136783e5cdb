import { ConfigError } from '@trinetra/env-settings';
import type { GpuInfo } from '@trinetra/inference-runtime';
import { InvalidArgumentError } from 'commander';

/** What `--gpus` says: numbers as nvidia-smi gives them, or all of them. */
export type GpuChoice = 'all' | readonly number[];

/** @throws {InvalidArgumentError} of commander, which prints the usage. */
export function gpuChoice(text: string): GpuChoice {
  if (text === 'all') return 'all';
  const numbers = text.split(',').map((part) => (/^\d{1,3}$/.test(part.trim()) ? Number(part) : -1));
  if (numbers.includes(-1) || new Set(numbers).size < numbers.length) {
    throw new InvalidArgumentError('expected all, or numbers of GPUs like 0 or 0,1, each once');
  }
  return numbers;
}

/**
 * Refuses variables that pick a GPU, too.
 *
 * @throws {ConfigError}
 */
export function checkFleetEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  const problems = ['CUDA_VISIBLE_DEVICES', 'GPU_DEVICE_ID'].flatMap((name) => {
    const value = env[name] ?? '';
    if (value === '' || (name === 'GPU_DEVICE_ID' && Number(value) === 0)) return [];
    return [`${name}: expected nothing beside --gpus, which picks the GPUs, but received "${value}"`];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * The numbers of the GPUs to use.
 *
 * @param present What nvidia-smi tells; nothing where it is not installed, as in some containers.
 * @throws where there is none, or one that is named is not there.
 */
export function gpusOf(choice: GpuChoice, present: readonly GpuInfo[]): number[] {
  const known = present.map(({ index }) => index);
  if (choice === 'all') {
    if (known.length > 0) return known;
    throw new Error(
      '--gpus all: expected nvidia-smi to tell at least one GPU but it tells none; name them, like 0,1',
    );
  }
  const missing = choice.filter((gpu) => !known.includes(gpu));
  if (known.length > 0 && missing.length > 0) {
    throw new Error(
      `--gpus: expected some of ${known.join(', ')}, which nvidia-smi tells, but received ${missing.join(', ')}`,
    );
  }
  return [...choice];
}
