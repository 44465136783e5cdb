import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  demoModels,
  type Ended,
  engineHead,
  hasShared,
  runWithoutReader,
  sharedFolder,
} from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcface, faces, main, runModels, yolo } from './cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-models-cli-'));
  await copyFile(yolo, join(folder, 'yolo.onnx'));
  await copyFile(arcface, join(folder, 'arcface.onnx'));
  const header = { task: 'detect', imgsz: [640, 640], names: { 0: 'person' }, batch: 4 };
  await writeFile(join(folder, 'yolo.rtx3080.engine'), engineHead(header));
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function models(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runModels(args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const failure = (...args: string[]): Promise<Ended> => runModels(args);

describe('trinetra-models', () => {
  it('runs the first example of its README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    expect(/```sh\n.*\n(.*)\n```/.exec(readme)?.[1]).toBe('trinetra-models inspect "$MODEL"');
    expect(JSON.parse(await models('inspect', yolo))).toMatchObject({ role: 'detector' });
  });

  it('ends as ever where nobody reads what it prints', async () => {
    const { code, stderr } = await runWithoutReader(main, ['inspect', yolo]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('inspect tells what a file is', async () => {
    expect(JSON.parse(await models('inspect', at('yolo.rtx3080.engine')))).toMatchObject({
      kind: 'engine',
      role: 'detector',
      ioFrom: 'onnx',
      inputs: [{ name: 'images', type: 'float32', dims: ['batch', 3, 'height', 'width'] }],
      engine: { tensorrt: '10.3.0.26' },
      providers: { tensorrt: { reason: 'provider_missing' } },
    });
    expect(JSON.parse(await models('inspect', at('arcface.onnx')))).toMatchObject({
      kind: 'onnx',
      role: 'embedder',
      faces: {
        pixels: 'rgb 127.5 127.5',
        why: "nothing in the graph scales them, InsightFace's convention",
      },
      providers: { cpu: null },
    });
    expect(JSON.parse(await models('inspect', faces))).toMatchObject({ role: 'face' });
  });

  it('verify runs every model as the worker would, and tells what it fell back from', async () => {
    const verdicts = JSON.parse(await models('verify', folder, '--providers', 'tensorrt,cpu', '--json'));
    expect(verdicts).toMatchObject([
      { file: at('arcface.onnx'), ok: true, kind: 'embedder', cosine: expect.closeTo(1, 4) },
      { file: at('yolo.onnx'), ok: true, kind: 'detector' },
      {
        file: at('yolo.rtx3080.engine'),
        ok: true,
        runs: `${at('yolo.onnx')} on cpu, fp32`,
        notes: [
          expect.stringContaining('engine@tensorrt: provider_missing'),
          expect.anything(),
          `compared with ${at('yolo.onnx')}`,
        ],
      },
    ]);
  });

  it.skipIf(!hasShared)(
    'verify compares half precision with the file of full precision beside it',
    async () => {
      const pair = await mkdtemp(join(tmpdir(), 'trinetra-precision-'));
      try {
        const half = new URL('models/yolov8n_fp16.onnx', sharedFolder);
        await copyFile(half, join(pair, 'yolo-fp16.onnx'));
        const verify = async () => JSON.parse(await models('verify', pair, '--providers', 'cpu', '--json'));
        const alone =
          'not in full precision, and compared with itself alone: there is no fp32 file beside it, by the name of yolo.onnx or yolo_fp32.onnx or yolo.fp32.onnx';
        expect(await verify()).toMatchObject([{ ok: true, cosine: expect.closeTo(1, 6), notes: [alone] }]);
        await copyFile(new URL('models/yolov8n.onnx', sharedFolder), join(pair, 'yolo.onnx'));
        const [compared] = await verify();
        expect(compared).toMatchObject({ ok: true, notes: [`compared with ${join(pair, 'yolo.onnx')}`] });
        expect(compared.cosine).toBeLessThan(1);
        expect(compared.cosine).toBeGreaterThan(0.999);
      } finally {
        await rm(pair, { recursive: true });
      }
    },
  );

  it('verify fails where the required provider does not load', async () => {
    const { code, stdout } = await failure(
      'verify',
      folder,
      '--providers',
      'tensorrt,cpu',
      '--require',
      'tensorrt',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAILED: .*arcface\.onnx\n {2}- .*on tensorrt, which is required/);
  });

  it('wrap writes a model around an engine', async () => {
    expect(await models('wrap', at('yolo.rtx3080.engine'), '-o', at('wrapped.trt'))).toContain(
      'from the onnx',
    );
    expect((await readFile(at('wrapped.trt'))).includes('EPContext')).toBe(true);
  });

  it('golden writes what the worker proves the model with', async () => {
    const path = at('arcface.golden.safetensors');
    expect(await models('golden', at('arcface.onnx'))).toMatch(
      /arcface\.golden\.safetensors: embedder [0-9a-f]{64}/,
    );
    expect((await readFile(path)).subarray(8, 40).toString()).toContain('__metadata__');
    await rm(path);
  });

  it('plan gives the commands for a GPU, in whose name the engine is', async () => {
    const gpu = ['--gpu', 'NVIDIA GeForce RTX 3080', '--compute', '8.6'];
    const detector = await models('plan', at('yolo.onnx'), ...gpu, '--batch', '8');
    expect(detector).toContain('--saveEngine=yolo.rtx3080.engine --fp16');
    expect(detector).toContain('--minShapes=images:8x3x640x640 --optShapes=images:8x3x640x640');
    expect(detector).toContain('"computeCapability":"8.6"');
    const embedder = await models('plan', at('arcface.onnx'), ...gpu);
    expect(embedder).toMatch(
      /--minShapes=\w+:1x3x112x112 --optShapes=\w+:4x3x112x112 --maxShapes=\w+:16x3x112x112/,
    );
    expect(await models('plan', faces, ...gpu)).toMatch(
      /--minShapes=input:1x3x320x320 --optShapes=input:4x3x320x320 --maxShapes=input:16x3x320x320/,
    );
    const demo = fileURLToPath(
      new URL('../../../tools/demo-models/models/demo-yolov8.onnx', import.meta.url),
    );
    expect(await models('plan', demo, ...gpu)).toContain('--optShapes=images:4x3x640x640');
    const wide = await models('plan', demo, ...gpu, '--aspect', '16:9');
    expect(wide).toContain('--optShapes=images:4x3x384x640');
    expect(wide).toContain('"dims":["batch",3,384,640]');
    expect((await failure('plan', faces, ...gpu, '--aspect', '16:9')).stderr).toContain(
      '--aspect: expected a detector but',
    );
    expect(await models('plan', 'yolov8m.pt', ...gpu)).toContain('yolo export model=yolov8m.pt format=onnx');
  });

  it('says what is wrong in a line', async () => {
    const { code, stderr } = await failure('inspect', at('missing.onnx'));
    expect(code).toBe(2);
    expect(stderr).toBe(`no such file: ${at('missing.onnx')}\n`);
  });
});

it('trinetra-models selftest proves and times the models, and writes its report', async () => {
  const output = at('report.json');
  const { stdout } = await runModels(['selftest', '--seconds', '1', '--output', output], {
    env: { PATH: process.env['PATH'], ...demoModels(), LOG_LEVEL: 'error' },
  });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ ok: true, problems: [], agreement: { ok: true } });
  expect(Object.keys(report.timings)).toEqual([
    'detector x4 640x384',
    'detector x4 384x640',
    'detector x4 640x480',
    'detector x4 480x640',
    'detector x4 640x640',
    'face x1',
    'embedder x1',
    'embedder x4',
    'embedder x16',
    'all in turn',
  ]);
  expect(JSON.parse(await readFile(output, 'utf8'))).toEqual(report);
});
