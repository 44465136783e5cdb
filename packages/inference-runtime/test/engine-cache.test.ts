import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@trinetra/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEngineFile } from '../src/engine/engine-file.ts';
import { createInferenceRuntimeWith } from '../src/inference-runtime.ts';
import { prepareModel } from '../src/load/prepare-model.ts';
import { planOf, ultralyticsEngine } from './engines.ts';
import { doubling, rows } from './models.ts';
import { readEpContext } from './read-ep-context.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-engine-cache-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function prepare(engine: Buffer, cacheFolder: string | undefined, name = 'yolo') {
  const path = join(folder, `${name}.engine`);
  await writeFile(path, engine);
  const context = {
    cacheFolder,
    deviceId: 0,
    logger: silentLogger,
    readGpus: async () => [],
    measure: () => Promise.reject(new Error('there is no graph to measure')),
  };
  const { source, ...prepared } = await prepareModel('engine', path, join(folder, `${name}.onnx`), context);
  if (source.kind === 'bytes') throw new Error('an engine lies in a file');
  return { source, ...prepared };
}

describe('the engine cache', () => {
  it('holds an engine without its header, and a model that names it, by the hash of the file', async () => {
    const cache = join(folder, 'cache');
    const engine = ultralyticsEngine({}, planOf('10.3.0.26', 5000));
    const { source, sha256, precision, metadata } = await prepare(engine, cache);
    expect(source.kind).toBe('file');
    expect(precision).toBe('fp16');
    expect(metadata).toMatchObject({ task: 'detect', stride: '32', names: '{"0":"person","1":"bicycle"}' });
    expect(source.path.startsWith(join(cache, sha256))).toBe(true);
    const { strings, inputs, outputs } = readEpContext(await readFile(source.path));
    const name = strings['ep_cache_context']?.toString() ?? '';
    expect(await readFile(join(cache, sha256, name))).toEqual(planOf('10.3.0.26', 5000));
    expect([inputs, outputs]).toEqual([['images'], ['output0']]);
  });

  it('is written once: the second start uses what is there', async () => {
    const cache = join(folder, 'cache');
    const engine = ultralyticsEngine({});
    const { source, sha256 } = await prepare(engine, cache);
    const names = await readdir(join(cache, sha256));
    expect(await prepare(engine, cache)).toMatchObject({ source });
    expect(await readdir(join(cache, sha256))).toEqual(names);
  });

  it('replaces an engine that was cut', async () => {
    const cache = join(folder, 'cache');
    const engine = ultralyticsEngine({});
    const { sha256 } = await prepare(engine, cache);
    await writeFile(join(cache, sha256, 'engine.plan'), 'cut');
    await prepare(engine, cache);
    expect(await readFile(join(cache, sha256, 'engine.plan'))).toEqual(planOf('10.3.0.26'));
  });

  it('keeps the 8 engines that were used last', async () => {
    const cache = join(folder, 'cache');
    const hashes: string[] = [];
    for (let bytes = 100; bytes < 110; bytes += 1) {
      hashes.push((await prepare(ultralyticsEngine({}, planOf('10.0.0.0', bytes)), cache)).sha256);
    }
    const left = await readdir(cache);
    expect(left).toHaveLength(8);
    expect(left).toContain(hashes.at(-1));
  });

  it.each([
    ['is not wanted', (): undefined => undefined],
    ['cannot be written', (): string => '/sys/trinetra'],
    [
      'is no folder',
      async (): Promise<string> => {
        await writeFile(join(folder, 'file'), '');
        return join(folder, 'file', 'cache');
      },
    ],
  ] as const)(
    'is done without where it %s: the thread reads the engine into a model in memory',
    async (_name, cache) => {
      const { source } = await prepare(ultralyticsEngine({}), await cache());
      expect(source).toMatchObject({ kind: 'embedded', bytes: 256 });
      if (source.kind !== 'embedded') return;
      const file = await readFile(source.path);
      const model = Buffer.concat([source.head, file.subarray(source.offset)]);
      expect(readEpContext(model).strings['ep_cache_context']).toEqual(planOf('10.3.0.26'));
    },
  );
});

it('the thread hands ONNX Runtime the whole model, engine and all, from memory', async () => {
  await mkdir(join(folder, 'models'));
  await writeFile(join(folder, 'models', 'm.engine'), ultralyticsEngine({}));
  await writeFile(join(folder, 'models', 'm.onnx'), doubling);
  const threadFile = new URL('fixtures/embedded-engine-thread.ts', import.meta.url);
  vi.stubEnv('WRITE_MODEL', join(folder, 'seen.onnx'));
  try {
    const executionProviders = ['tensorrt', 'cpu'];
    await using runtime = await createInferenceRuntimeWith({ executionProviders }, threadFile, {
      checkProvider: async () => null,
    });
    const model = await runtime.loadModel(join(folder, 'models', 'm.engine'));
    expect(model.info.provider).toBe('tensorrt');
    expect(model.info.sha256).toBe((await readEngineFile(join(folder, 'models', 'm.engine'))).sha256);
    const seen = readEpContext(await readFile(join(folder, 'seen.onnx')));
    expect(seen.strings['ep_cache_context']).toEqual(planOf('10.3.0.26'));
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  } finally {
    vi.unstubAllEnvs();
  }
});
