import { expect, it } from 'vitest';
import { placementOf } from './node-placement.ts';

it('counts each operator once, by the provider that ran it, whatever else a profile holds', () => {
  const node = (name: string, provider: string) => ({ cat: 'Node', name, args: { provider } });
  expect(
    placementOf([
      { cat: 'Session', name: 'model_loading' },
      node('TRT_0_kernel_time', 'TensorrtExecutionProvider'),
      node('TRT_0_kernel_time', 'TensorrtExecutionProvider'),
      node('Cast_1_kernel_time', 'CUDAExecutionProvider'),
      node('Shape_2_kernel_time', 'CPUExecutionProvider'),
      { cat: 'Node', name: 'Shape_2_fence_before' },
    ]),
  ).toEqual({ tensorrt: 1, cuda: 1, cpu: 1 });
});
