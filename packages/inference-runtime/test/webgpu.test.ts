import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onnxModel } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { doubling, useModels } from './models.ts';

const run = promisify(execFile);
const write = useModels();
/** Where Debian's chromium has its software Vulkan driver and loader: a GPU is what cannot be had here. */
const chromium = '/usr/lib/chromium';
const hasDriver =
  existsSync(`${chromium}/vk_swiftshader_icd.json`) && existsSync(`${chromium}/libvulkan.so.1`);

/** The mean colour of a picture of 8x8, times weights: small enough for a GPU made of software. */
const colours = onnxModel({
  inputs: [{ name: 'images', dims: ['n', 3, 8, 8] }],
  outputs: [{ name: 'output', dims: ['n', 4] }],
  nodes: [
    { op: 'ReduceMean', inputs: ['images'], outputs: ['mean'], attributes: { axes: [2, 3], keepdims: 0 } },
    { op: 'MatMul', inputs: ['mean', 'weights'], outputs: ['output'] },
  ],
  constants: {
    weights: { dims: [3, 4], data: Float32Array.from({ length: 12 }, (_, at) => Math.sin(at + 1)) },
  },
});

async function inChild(env: Record<string, string>): Promise<unknown> {
  const script = fileURLToPath(new URL('fixtures/run-on-webgpu.ts', import.meta.url));
  const models = [await write('doubling.onnx', doubling), await write('colours.onnx', colours)];
  const { stdout } = await run(process.execPath, [script, ...models], {
    env: { PATH: process.env['PATH'], ...env },
    timeout: 100_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

it.skipIf(!hasDriver)(
  "WebGPU runs models for real, and gives what the CPU gives (needs chromium's SwiftShader)",
  async () => {
    const told = await inChild({
      VK_ICD_FILENAMES: `${chromium}/vk_swiftshader_icd.json`,
      LD_LIBRARY_PATH: chromium,
    });
    expect(told).toMatchObject({
      providers: ['webgpu', 'webgpu'],
      failed: [],
      y: [2, 4, 6],
      agreement: { ok: true },
      placement: { webgpu: 2 }, // ReduceMean and MatMul
    });
  },
  120_000,
);

it('a Vulkan driver that is not there fails the step, and the CPU runs the model', async () => {
  const told = await inChild({ VK_ICD_FILENAMES: '/nonexistent/icd.json' });
  expect(told).toMatchObject({
    providers: ['cpu', 'cpu'],
    failed: [{ format: 'onnx', provider: 'webgpu', reason: 'gpu_missing' }],
    y: [2, 4, 6],
  });
});
