import { silentLogger } from '@trinetra/contracts';
import type { ModelInfo, NodePlacement } from '@trinetra/inference-runtime';
import { describe, expect, it, vi } from 'vitest';
import { placementsOf } from './placements.ts';

const info: ModelInfo = {
  requestedPath: 'yolo.onnx',
  path: 'yolo.onnx',
  provider: 'tensorrt',
  precision: 'fp32',
  sha256: '',
  inputs: [],
  outputs: [],
  metadata: {},
  operators: [],
  pixels: null,
  sidecar: {},
  fileInputs: [],
};
const modelOn = (nodes: NodePlacement | null) => ({
  yolo: { model: { info, placement: async () => nodes } },
});

describe('placementsOf', () => {
  it('tells where operators ran, and nothing of a model that was not profiled', async () => {
    const nodes = { tensorrt: 1, cpu: 3 };
    expect(await placementsOf(modelOn(nodes), 'tensorrt', silentLogger)).toEqual({ yolo: nodes });
    expect(await placementsOf(modelOn(null), 'tensorrt', silentLogger)).toEqual({});
  });

  it('warns where a provider left everything to another', async () => {
    const warn = vi.fn();
    await placementsOf(modelOn({ cpu: 9 }), undefined, { ...silentLogger, warn });
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ provider: 'tensorrt', nodes: { cpu: 9 } });
  });

  it('refuses that where the provider is required', async () => {
    await expect(placementsOf(modelOn({ cpu: 9 }), 'tensorrt', silentLogger)).rejects.toThrow(
      'no operator runs on tensorrt, which is required, but {"cpu":9}',
    );
  });
});
