import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, firingProblem, Recording } from '@trinetra/deploy-checks';
import { expect, it } from 'vitest';
import { startRedisTestStack } from '../test-stack.ts';
import { demoModels, startWorker } from '../worker-process.ts';
import { watchPublishing, workerTarget } from './watch.ts';

it.skipIf(findTool('promtool') === undefined)(
  'InferenceEngineFallback and InferenceModelsDiffer fire where one of two workers has an engine that is none, and another embedder',
  async () => {
    await using stack = new AsyncDisposableStack();
    const testStack = stack.use(await startRedisTestStack());
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-alerts-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const models = demoModels();
    const [engine, embedder] = [join(folder, 'detector.engine'), join(folder, 'embedder.onnx')];
    await writeFile(engine, 'not an engine');
    await copyFile(models['YOLO_ENGINE_PATH'] ?? '', join(folder, 'detector.onnx'));
    // The same graph in another file: field 6 of an ONNX model is a text about it.
    const bytes = await readFile(models['ARCFACE_ENGINE_PATH'] ?? '');
    await writeFile(embedder, Buffer.concat([bytes, Buffer.from([0x32, 1, 0x78])]));
    const env = { ...testStack.env, SINK: 'stdout' };
    const well = stack.use(await startWorker({ ...env, CONSUMER_NAME: 'well', EXECUTION_PROVIDERS: 'cpu' }));
    const other = stack.use(
      await startWorker({
        ...env,
        CONSUMER_NAME: 'other',
        EXECUTION_PROVIDERS: 'tensorrt,cpu',
        YOLO_ENGINE_PATH: engine,
        ARCFACE_ENGINE_PATH: embedder,
      }),
    );
    await Promise.all([well.ready(), other.ready()]);
    const both = [workerTarget(() => well), workerTarget(() => other, 'worker-2:8002')];
    const recording = new Recording().goOn(await watchPublishing(both, 'both workers'), 20);
    const alone = new Recording().goOn(await watchPublishing(both.slice(0, 1), 'the first alone'), 20);
    const expected = [
      { alertname: 'InferenceEngineFallback', model: 'detector' },
      { alertname: 'InferenceModelsDiffer', model: 'embedder' },
    ];
    expect(
      firingProblem([
        { recording, expected },
        { recording: alone, expected: [] },
      ]),
    ).toBeUndefined();
  },
);
