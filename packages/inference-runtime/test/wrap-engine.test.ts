import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { companionsOf, inspectModel, wrapEngine } from '../src/index.ts';
import { planOf, ultralyticsEngine } from './engines.ts';
import { doubling } from './models.ts';
import { readEpContext } from './read-ep-context.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-wrap-'));
});
afterEach(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

describe('wrapEngine', () => {
  it('writes the engine into a model, without its header', async () => {
    await writeFile(at('m.engine'), ultralyticsEngine({}));
    expect(await wrapEngine(at('m.engine'), at('m.trt.onnx'))).toMatchObject({
      from: 'header',
      inputs: [{ name: 'images', dims: [4, 3, 640, 640] }],
      outputs: [{ name: 'output0', dims: [4, 6, 8400] }],
    });
    const read = readEpContext(await readFile(at('m.trt.onnx')));
    expect(read.strings['ep_cache_context']).toEqual(planOf('10.3.0.26'));
    expect((await inspectModel(at('m.trt.onnx'))).kind).toBe('ep-context');
  });

  it('or beside it, with names and shapes from the file beside the engine', async () => {
    const inputs = [{ name: 'in', type: 'float16', dims: ['n', 3, 112, 112] }];
    const outputs = [{ name: 'out', type: 'float16', dims: ['n', 512] }];
    await writeFile(at('m.engine'), planOf('10.0.0.0'));
    await writeFile(at('m.engine.json'), JSON.stringify({ inputs, outputs, computeCapability: '8.6' }));
    expect(await wrapEngine(at('m.engine'), at('w.onnx'), { embed: false })).toEqual({
      inputs,
      outputs,
      from: 'sidecar',
    });
    const read = readEpContext(await readFile(at('w.onnx')));
    expect(read.strings['hardware_architecture']?.toString()).toBe('86');
    expect(await readFile(at(read.strings['ep_cache_context']?.toString() ?? ''))).toEqual(
      planOf('10.0.0.0'),
    );
  });

  it('never writes over the .onnx that other machines fall back to', async () => {
    await writeFile(at('m.engine'), planOf('10.0.0.0'));
    await writeFile(at('m.onnx'), doubling);
    await expect(wrapEngine(at('m.engine'), at('m.onnx'))).rejects.toThrow('write to another name');
    expect(await readFile(at('m.onnx'))).toEqual(doubling);
  });

  it('says what it lacks, and leaves nothing behind', async () => {
    await writeFile(at('m.engine'), planOf('10.0.0.0'));
    await expect(wrapEngine(at('m.engine'), at('w.onnx'))).rejects.toThrow(
      'nothing tells its inputs and outputs',
    );
    expect(await readdir(folder)).toEqual(['m.engine']);
  });
});

describe('inspectModel', () => {
  it('tells of an engine its header, the TensorRT that built it, and what stands against it here', async () => {
    await writeFile(at('m.rtx3080.engine'), ultralyticsEngine({ end2end: true }));
    await writeFile(at('m.rtx3080.engine.json'), JSON.stringify({ gpu: 'NVIDIA GeForce RTX 3080' }));
    expect(await inspectModel(at('m.rtx3080.engine'))).toMatchObject({
      kind: 'engine',
      precision: 'fp16',
      ioFrom: 'header',
      outputs: [{ dims: [4, 300, 6] }],
      engine: { tensorrt: '10.3.0.26', sidecar: { gpu: 'NVIDIA GeForce RTX 3080' } },
      providers: { tensorrt: { reason: 'provider_missing' } },
    });
  });
});

it('an engine with the name of its GPU goes with the .onnx of the model', async () => {
  await writeFile(at('m.onnx'), doubling);
  await writeFile(at('m.fp16.onnx'), doubling);
  expect(await companionsOf(at('m.rtx3080.engine'))).toEqual({
    onnx: at('m.onnx'),
    half: at('m.fp16.onnx'),
    golden: at('m.golden.safetensors'),
  });
  await writeFile(at('m.rtx3080.onnx'), doubling);
  expect((await companionsOf(at('m.rtx3080.engine'))).onnx).toBe(at('m.rtx3080.onnx'));
});
