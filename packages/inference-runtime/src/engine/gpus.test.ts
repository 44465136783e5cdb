import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GpuInfo, gpuOfDevice, gpuTag, parseGpus, readGpus } from './gpus.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-fake-smi-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fake(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const rtx: GpuInfo = {
  index: 0,
  name: 'NVIDIA GeForce RTX 3080',
  driver: '550.54.15',
  memoryMb: 10_240,
  computeCapability: '8.6',
};

describe('nvidia-smi', () => {
  it('of today tells the compute capability', async () => {
    const command = await fake('new', "echo '0, NVIDIA GeForce RTX 3080, 550.54.15, 10240, 8.6'");
    expect(await readGpus(command)).toEqual([rtx]);
  });

  it('of drivers before 510 refuses that column, and is asked without', async () => {
    const command = await fake(
      'old',
      `case "$*" in
        *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2 ;;
        *) echo '0, Tesla T4, 450.119.03, 15109' ;;
      esac`,
    );
    expect(await readGpus(command)).toEqual([
      { index: 0, name: 'Tesla T4', driver: '450.119.03', memoryMb: 15_109, computeCapability: undefined },
    ]);
  });

  it.each([
    ['without a driver', "echo 'NVIDIA-SMI has failed because it couldn'; exit 9"],
    ['without a GPU', "echo 'No devices were found'; exit 6"],
    ['that prints nothing', 'exit 0'],
  ])('%s tells none', async (_name, script) => {
    expect(await readGpus(await fake('none', script))).toEqual([]);
  });

  it('that is not installed tells none', async () => {
    expect(await readGpus(join(folder, 'missing'))).toEqual([]);
  });

  it('tells several GPUs, and what it does not know of one', () => {
    const csv = '0, NVIDIA A100-SXM4-40GB, 535.1, 40960, 8.0\r\n1, NVIDIA GB10, 580.95, [N/A], 12.1\r\n';
    expect(parseGpus(csv)).toMatchObject([
      { index: 0, memoryMb: 40_960 },
      { index: 1, memoryMb: undefined, computeCapability: '12.1' },
    ]);
  });
});

describe('the GPU of a process', () => {
  const gpus = [rtx, { ...rtx, index: 1, name: 'other' }];
  it.each<[device: number, visible: string | undefined, name: string | undefined]>([
    [0, undefined, rtx.name],
    [1, '', 'other'],
    [0, '1', 'other'],
    [1, '1,0', rtx.name],
    [1, '0', undefined],
    [0, 'GPU-8f1c', undefined],
  ])('with device %s of CUDA_VISIBLE_DEVICES=%s is %s', (device, visible, name) => {
    expect(gpuOfDevice(gpus, device, visible)?.name).toBe(name);
  });
});

describe('the name of a GPU in a file name', () => {
  it.each([
    ['NVIDIA GeForce RTX 3080', 'rtx3080'],
    ['NVIDIA H100 80GB HBM3', 'h10080gbhbm3'],
    ['Tesla T4', 't4'],
  ])('%s is %s', (name, tag) => expect(gpuTag(name)).toBe(tag));
});
