import { silentLogger } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createInferenceRuntime, type InferenceRuntimeOptions } from '../src/index.ts';
import { createInferenceRuntimeWith } from '../src/inference-runtime.ts';
import { inferenceThreadFile } from '../src/thread/thread-client.ts';
import { planOf, ultralyticsEngine } from './engines.ts';
import { doubling, rows, useModels } from './models.ts';

const write = useModels();
/** A runtime of a machine that is another than this one in what the seams say. */
function runtimeOf(
  options: InferenceRuntimeOptions,
  seams: Parameters<typeof createInferenceRuntimeWith>[2],
): ReturnType<typeof createInferenceRuntimeWith> {
  return createInferenceRuntimeWith(options, inferenceThreadFile(), seams);
}

const full = ['tensorrt', 'cuda', 'cpu'];

describe('a model with an engine', () => {
  it('falls from the engine to the half precision file on GPUs, then to the .onnx on every provider', async () => {
    const engine = await write('a.engine', planOf('10.3.0.26'));
    await write('a.fp16.onnx', doubling);
    const onnx = await write('a.onnx', doubling);
    await using runtime = await createInferenceRuntime({ executionProviders: full });
    const { info } = await runtime.loadModel(engine);
    expect(info).toMatchObject({ requestedPath: engine, path: onnx, provider: 'cpu' });
    expect(info.fallback?.steps.map(({ format, provider, reason }) => [format, provider, reason])).toEqual([
      ['engine', 'tensorrt', 'provider_missing'],
      ['fp16.onnx', 'tensorrt', 'provider_missing'],
      ['fp16.onnx', 'cuda', 'provider_missing'],
      ['onnx', 'tensorrt', 'provider_missing'],
      ['onnx', 'cuda', 'provider_missing'],
    ]);
    expect(info.fallback).toMatchObject({ from: 'engine@tensorrt', to: 'onnx@cpu' });
  });

  it.each([
    ['is missing', null, 'file_missing', /no such file: .*b\.engine/],
    ['is empty', Buffer.alloc(0), 'header_unreadable', /it is empty/],
    [
      'is text',
      Buffer.from('not for this machine'.repeat(9)),
      'header_unreadable',
      /it is text and no model/,
    ],
    ['is noise', Buffer.alloc(99, 0x93), 'header_unreadable', /header of at most/],
    [
      'ends inside its header',
      ultralyticsEngine({}).subarray(0, 40),
      'header_unreadable',
      /ends inside its header/,
    ],
    [
      'ends after its header',
      ultralyticsEngine({}, Buffer.alloc(0)),
      'header_unreadable',
      /0 bytes into its engine/,
    ],
    [
      'has arbitrary bytes after its header',
      ultralyticsEngine({}, Buffer.alloc(999, 7)),
      'header_unreadable',
      /plan after the header/,
    ],
    [
      'has a header that is no JSON',
      Buffer.concat([Buffer.from([9, 0, 0, 0]), Buffer.from('{"a":  1 ')]),
      'header_unreadable',
      /begins with neither/,
    ],
    ['is a plan that the provider does not know', planOf('8.6.1.6'), 'provider_missing', /./],
  ] as const)('which %s runs on the .onnx beside it and says why', async (_name, bytes, reason, message) => {
    const onnx = await write('b.onnx', doubling);
    const engine = onnx.replace('.onnx', '.engine');
    if (bytes !== null) await write('b.engine', bytes);
    await using runtime = await createInferenceRuntime({ executionProviders: ['tensorrt', 'cpu'] });
    const { info, run } = await runtime.loadModel(engine).then((model) => ({
      info: model.info,
      run: model.run({ x: rows(1, 2, 3) }),
    }));
    expect(info.fallback?.steps[0]).toMatchObject({ format: 'engine', reason });
    expect(info.fallback?.steps[0]?.message).toMatch(message);
    expect(info.fallback?.steps[0]?.message).not.toContain('\n');
    expect((await run).outputs['y']?.data[0]).toBe(2);
  });

  it('is not tried where TensorRT is not among the providers, and says so', async () => {
    const engine = await write('c.engine', planOf('10.0.0.0'));
    await write('c.onnx', doubling);
    await using runtime = await createInferenceRuntime();
    const { fallback } = (await runtime.loadModel(engine)).info;
    expect(fallback?.steps).toMatchObject([{ format: 'engine', reason: 'provider_not_configured' }]);
  });
});

describe('an engine with a .engine.json', () => {
  const gpu = (name: string, computeCapability: string) => async () => [
    { index: 0, name, computeCapability, driver: '550', memoryMb: 1 },
  ];

  it.each([
    [
      'another GPU',
      { gpu: 'NVIDIA GeForce RTX 3080', computeCapability: '8.6' },
      'other_gpu',
      /RTX 3080.*8\.6.*H100/,
    ],
    ['other bytes', { bytes: 3 }, 'file_unreadable', /expected 3 bytes/],
    ['another hash', { sha256: 'f'.repeat(64) }, 'file_unreadable', /SHA-256 ffff/],
    ['an unknown key', { colour: 'red' }, 'file_unreadable', /colour/],
    ['the same GPU', { computeCapability: '9.0' }, 'provider_missing', /./],
    ['any GPU from 8.0', { computeCapability: '8.0+' }, 'provider_missing', /./],
  ] as const)('that tells %s', async (_name, sidecar, reason, message) => {
    const engine = await write('d.engine', planOf('10.0.0.0'));
    await write('d.engine.json', Buffer.from(JSON.stringify(sidecar)));
    await write('d.onnx', doubling);
    await using runtime = await runtimeOf(
      { executionProviders: ['tensorrt', 'cpu'] },
      { readGpus: gpu('NVIDIA H100', '9.0') },
    );
    const [step] = (await runtime.loadModel(engine)).info.fallback?.steps ?? [];
    expect(step).toMatchObject({ format: 'engine', reason });
    expect(step?.message).toMatch(message);
  });
});

describe('providers', () => {
  it('are tried in order, and the one that refused is reported', async () => {
    await using runtime = await createInferenceRuntime({ executionProviders: ['nonesuch', 'cpu'] });
    const { info } = await runtime.loadModel(await write('e.onnx', doubling));
    expect(info.provider).toBe('cpu');
    expect(info.fallback).toMatchObject({ from: 'onnx@nonesuch', to: 'onnx@cpu' });
  });

  it('that are refused by ONNX Runtime itself are told as missing, too', async () => {
    await using runtime = await runtimeOf(
      { executionProviders: ['tensorrt', 'nonesuch', 'cpu'] },
      { checkProvider: async () => null },
    );
    const { fallback } = (await runtime.loadModel(await write('f.onnx', doubling))).info;
    expect(fallback?.steps.map(({ reason }) => reason)).toEqual(['provider_missing', 'provider_missing']);
    expect(fallback?.steps[0]?.message).toContain('Failed to load shared library');
  });

  it('are a cause for a warning where an engine was asked for, and for a line where it was not', async () => {
    const lines: unknown[] = [];
    const logger = {
      ...silentLogger,
      warn: (fields: Record<string, unknown>) => lines.push(['warn', fields['to']]),
      info: (fields: Record<string, unknown>) => lines.push(['info', fields['to']]),
    };
    await using runtime = await createInferenceRuntime({ executionProviders: ['nonesuch', 'cpu'], logger });
    const onnx = await write('g.onnx', doubling);
    await runtime.loadModel(onnx);
    await runtime.loadModel(onnx.replace('.onnx', '.engine'));
    expect(lines).toEqual([
      ['info', 'onnx@cpu'],
      ['warn', 'onnx@cpu'],
    ]);
  });

  it('that are required and do not load refuse the model, with every step', async () => {
    await using runtime = await createInferenceRuntime({
      executionProviders: ['tensorrt', 'cpu'],
      requireProvider: 'tensorrt',
    });
    const engine = await write('h.engine', planOf('10.0.0.0'));
    await write('h.onnx', doubling);
    await expect(runtime.loadModel(engine)).rejects.toMatchObject({
      code: 'model_load_failed',
      message: expect.stringMatching(/on tensorrt, which is required: engine@tensorrt: .*; onnx@tensorrt: /),
    });
  });

  it('that are required must be among those configured', async () => {
    await expect(createInferenceRuntime({ requireProvider: 'tensorrt' })).rejects.toThrow(
      'requireProvider: expected one of cpu but received tensorrt',
    );
  });
});

describe('where nothing loads', () => {
  it('every step that was tried is told', async () => {
    await using runtime = await createInferenceRuntime({ executionProviders: ['nonesuch', 'nothing'] });
    const engine = (await write('i.onnx', doubling)).replace('.onnx', '.engine');
    const error = await runtime.loadModel(engine).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'model_load_failed', retryable: false });
    for (const step of ['engine@tensorrt: provider_not_configured', 'onnx@nonesuch: ', 'onnx@nothing: ']) {
      expect(String(error)).toContain(step);
    }
  });

  it('an engine that stands alone names the .onnx that it wants', async () => {
    const engine = await write('alone.engine', Buffer.from('x'));
    await using runtime = await createInferenceRuntime({ executionProviders: full });
    await expect(runtime.loadModel(engine)).rejects.toThrow(/no such file: .*alone\.onnx/);
  });

  it('tells files that are no good from a machine that cannot run them', async () => {
    const engine = await write('pointer.engine', Buffer.from('version https://git-lfs.github.com/spec/v1'));
    await using runtime = await createInferenceRuntime({ executionProviders: ['cpu', 'nonesuch'] });
    await expect(runtime.loadModel(engine)).rejects.toMatchObject({ code: 'model_not_found' });
    const onnx = await write('pointer.onnx', Buffer.from('version https://git-lfs.github.com/spec/v1'));
    for (const path of [engine, onnx]) {
      await expect(runtime.loadModel(path)).rejects.toMatchObject({
        code: 'model_unusable',
        message: expect.stringMatching(
          /onnx@cpu: file_unreadable \(.*it is a Git LFS pointer: run `git lfs pull`/,
        ),
      });
    }
  });
});
