import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineHead } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variants } from './scenario.ts';
import { addSceneFrame } from './scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';
import {
  demoModels,
  hasShared,
  shared,
  sharedModels,
  startWorker,
  type WorkerProcess,
  waitFor,
} from './worker-process.ts';

interface Event {
  readonly camera_id: string;
  readonly status: string;
  readonly detections: readonly { readonly bbox: readonly number[]; readonly confidence: number }[];
}

let testStack: RedisTestStack;
let folder = '';
beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-engines-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Without WebGPU, which a machine with a GPU may have. */
const providers = 'tensorrt,cuda,cpu';
/** A fake nvidia-smi: a GPU is what cannot be had here. */
const smi = `#!/bin/sh
case "$*" in
  *compute_cap*) echo '0, NVIDIA H100 80GB HBM3, 550.54.15, 81559, 9.0' ;;
  *utilization*) echo '0, 0, 4' ;;
  *) exit 2 ;;
esac
`;
let next = 0;

/** A folder with a real .onnx of each kind, named as engines are asked for, and what is put beside the detector. */
async function modelsWith(
  models: Readonly<Record<string, string>>,
  engine: Buffer | null,
  sidecar?: object,
): Promise<{ env: Record<string, string>; home: string; detector: string }> {
  next += 1;
  const home = join(folder, `case-${next}`);
  await mkdir(home);
  const env: Record<string, string> = { REDIS_URL: testStack.server.url };
  for (const [name, path] of Object.entries(models)) {
    const copy = join(home, basename(path));
    await copyFile(path, copy);
    env[name] = name === 'YOLO_ENGINE_PATH' ? copy.replace('.onnx', '.engine') : copy;
  }
  const detector = env['YOLO_ENGINE_PATH'] ?? '';
  if (engine !== null) await writeFile(detector, engine);
  if (sidecar !== undefined) await writeFile(`${detector}.json`, JSON.stringify(sidecar));
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'nvidia-smi'), smi);
  await chmod(join(bin, 'nvidia-smi'), 0o755);
  return {
    home,
    detector,
    env: {
      ...env,
      PATH: `${bin}:${process.env['PATH']}`,
      EXECUTION_PROVIDERS: providers,
      INFERENCE_THREADS: '1',
      CONSUMER_GROUP: `group-${next}`,
      STREAM_PATTERN: `frames:case${next}_*`,
      SINK: `ndjson:${join(home, 'events.ndjson')}`,
    },
  };
}

async function eventOf(home: string, cameraId: string): Promise<Event> {
  return waitFor(`the event of ${cameraId}`, async () => {
    const text = await readFile(join(home, 'events.ndjson'), 'utf8').catch(() => '');
    const events = text
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Event);
    return events.find(({ camera_id: id }) => id === cameraId);
  });
}

/** Reasons of the steps that failed, in order, from the metric. */
async function fallbacks(worker: WorkerProcess): Promise<string[]> {
  const rows = await worker.metric('trinetra_engine_fallback_total');
  return [...rows.entries()]
    .filter(([labels]) => labels.includes('model="detector"'))
    .map(([labels, count]) => {
      const label = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
      return `${label('from')} -> ${label('to')}: ${label('reason')} ${count}`;
    });
}

const onward = [
  'onnx@tensorrt -> onnx@cuda: provider_missing 1',
  'onnx@cuda -> onnx@cpu: provider_missing 1',
];

const header = {
  description: 'Ultralytics YOLOv8 model',
  task: 'detect',
  stride: 32,
  batch: 4,
  imgsz: [640, 640],
  names: { 0: 'person' },
  args: { half: true },
};

const cases = [
  ['no engine', null, undefined, 'file_missing', /no such file/],
  [
    'an engine for another GPU',
    engineHead(header),
    { gpu: 'NVIDIA GeForce RTX 3080', computeCapability: '8.6' },
    'other_gpu',
    /built for NVIDIA GeForce RTX 3080, compute 8\.6, and GPU 0 here is NVIDIA H100 80GB HBM3, compute 9\.0/,
  ],
  [
    'a truncated engine',
    engineHead(header).subarray(0, 60),
    undefined,
    'header_unreadable',
    /the file ends inside its header/,
  ],
  [
    'an engine that is cut after it was written down',
    engineHead(header, 5000).subarray(0, 3000),
    { bytes: engineHead(header, 5000).length },
    'file_unreadable',
    /it is cut or another one/,
  ],
  [
    "an engine with Ultralytics' header around arbitrary bytes",
    Buffer.concat([engineHead(header).subarray(0, -256), Buffer.alloc(4000, 0x5a)]),
    undefined,
    'header_unreadable',
    /expected a TensorRT plan after the header/,
  ],
  [
    'an engine of this GPU, without the library of its provider',
    engineHead(header),
    { gpu: 'NVIDIA H100 80GB HBM3', computeCapability: '9.0' },
    'provider_missing',
    /libonnxruntime_providers_tensorrt\.so is not installed/,
  ],
] as const;

describe.each(variants(cases, 2))('beside %s', (_name, engine, sidecar, reason, message) => {
  it('the worker starts on the .onnx, says why, counts it, and finds the persons of a scene', async () => {
    const { env, home, detector } = await modelsWith(demoModels(), engine, sidecar);
    await using worker = await startWorker(env);
    await worker.ready();
    const line = worker
      .log()
      .split('\n')
      .find((text) => text.includes('the model runs on a fallback'));
    const told = JSON.parse(line ?? '{}') as Record<string, string>;
    expect(told).toMatchObject({
      level: 'warn',
      requestedPath: detector,
      path: detector.replace('.engine', '.onnx'),
      from: 'engine@tensorrt',
      to: 'onnx@cpu',
    });
    expect(told['reason']).toMatch(new RegExp(`^engine@tensorrt: ${reason} \\(`));
    expect(told['reason']).toMatch(message);
    expect(await fallbacks(worker)).toEqual([`engine@tensorrt -> onnx@tensorrt: ${reason} 1`, ...onward]);
    const info = [...(await worker.metric('trinetra_engine_info')).keys()].join('\n');
    expect(info).toMatch(/model="detector",provider="cpu",precision="fp32",file_sha256="[0-9a-f]{64}"/);
    expect([...(await worker.metric('trinetra_engine_proven')).values()]).toEqual([1, 1, 1]);
    const ready = (await (await fetch(`${worker.url}/ready`)).json()) as { checks: Record<string, unknown> };
    expect(ready.checks).toMatchObject({
      engine: { ok: true },
      models: { detail: { detector: { provider: 'cpu', failed: { 'engine@tensorrt': reason } } } },
    });
    const camera = `case${next}_scene`;
    await addSceneFrame(testStack.redis, 3, camera);
    expect((await eventOf(home, camera)).detections.length).toBeGreaterThan(0);
    expect(await worker.stop('SIGTERM')).toBe(0);
  });
});

it('tells of every model that falls back, not of the first alone', async () => {
  const { env, home } = await modelsWith(demoModels(), null);
  const [yolo = '', arcface = ''] = ['YOLO_ENGINE_PATH', 'ARCFACE_ENGINE_PATH'].map((name) => env[name]);
  await using worker = await startWorker({
    ...env,
    ARCFACE_ENGINE_PATH: arcface.replace('.onnx', '.engine'),
  });
  await worker.ready();
  const lines = worker
    .log()
    .split('\n')
    .filter((line) => line.includes('the model runs on a fallback'));
  expect(lines.map((line) => (JSON.parse(line) as { requestedPath: string }).requestedPath)).toEqual([
    yolo,
    join(home, 'demo-arcface.engine'),
  ]);
});

it('REQUIRE_PROVIDER=tensorrt refuses the start, with every step', async () => {
  const { env } = await modelsWith(demoModels(), engineHead(header));
  await using worker = await startWorker({ ...env, REQUIRE_PROVIDER: 'tensorrt' });
  await waitFor('the worker to refuse', () => (worker.child.exitCode === null ? undefined : true));
  expect(worker.child.exitCode).toBe(1);
  expect(worker.log()).toMatch(
    /on tensorrt, which is required: engine@tensorrt: provider_missing .*; onnx@tensorrt: provider_missing/,
  );
});

it('where nothing loads the worker stops, with every step', async () => {
  const { env, detector } = await modelsWith(demoModels(), Buffer.from('noise'));
  await writeFile(detector.replace('.engine', '.onnx'), 'noise too');
  await using worker = await startWorker(env);
  await waitFor('the worker to refuse', () => (worker.child.exitCode === null ? undefined : true));
  expect(worker.child.exitCode).toBe(2);
  expect(worker.log()).toMatch(/engine@tensorrt: header_unreadable .*; onnx@tensorrt: file_unreadable/);
});

it('golden tensors that the model does not give keep the worker from being ready, and from reading', async () => {
  const { env, detector } = await modelsWith(demoModels(), null);
  const golden = await readFile(await goldenFile(detector));
  golden.fill(0x3f, golden.length - 4096); // other numbers at the end of the answers
  await writeFile(detector.replace('.engine', '.golden.safetensors'), golden);
  await using worker = await startWorker({ ...env, PROBE_INTERVAL_MS: '1000' });
  const camera = `case${next}_unread`;
  await addSceneFrame(testStack.redis, 3, camera);
  const answer = await waitFor('/ready to name the engine', async () => {
    const text = await fetch(`${worker.url}/ready`).then(
      (response) => response.text(),
      () => '',
    );
    return text.includes('"engine":{"ok":false') ? text : undefined;
  });
  expect(answer).toContain('"ready":false');
  await waitFor('a second proof', () =>
    worker.log().split('does not give what it should').length > 2 ? true : undefined,
  );
  expect((await worker.metric('trinetra_engine_proven')).get('{model="detector"}')).toBe(0);
  expect(await testStack.redis.xinfo('GROUPS', `frames:${camera}`)).toEqual([]);
  expect(await worker.stop('SIGTERM')).toBe(0);
});

/** The golden tensors of a detector, as `trinetra-models golden` makes them. */
async function goldenFile(detector: string): Promise<string> {
  const { createInferenceRuntime, makeGolden, writeGolden } = await import('@trinetra/inference-runtime');
  await using runtime = await createInferenceRuntime();
  const model = await runtime.loadModel(detector.replace('.engine', '.onnx'));
  const path = `${detector}.made`;
  await writeGolden(path, await makeGolden(model, { range: [0, 1] }));
  return path;
}

interface GoldenCase {
  readonly image: string;
  readonly persons: readonly { readonly confidence: number; readonly box_norm: readonly number[] }[];
}

describe.skipIf(!hasShared)('with real weights (needs ../shared)', () => {
  it.each(variants(cases))(
    'beside %s the persons of a golden photo are found',
    async (_name, engine, sidecar) => {
      const { env, home } = await modelsWith(sharedModels(), engine, sidecar);
      await using worker = await startWorker(env);
      await worker.ready();
      const golden = JSON.parse(
        await readFile(new URL('golden/group_01.json', shared), 'utf8'),
      ) as GoldenCase;
      const camera = `case${next}_photo`;
      const fields = {
        camera_id: camera,
        camera_type: 'entrance',
        ingest_ts: String(Date.now() / 1000),
        frame: await readFile(fileURLToPath(new URL(`photos/${golden.image}`, shared))),
      };
      await testStack.redis.xadd(`frames:${camera}`, '*', ...Object.entries(fields).flat());
      const event = await eventOf(home, camera);
      const sure = golden.persons.filter(({ confidence }) => confidence > 0.4);
      expect(sure.length).toBeGreaterThan(1);
      for (const { box_norm: box, confidence } of sure) {
        const found = event.detections.find(({ bbox }) =>
          bbox.every((value, at) => Math.abs(value - (box[at] ?? 9)) < 0.01),
        );
        expect(Math.abs((found?.confidence ?? 0) - confidence)).toBeLessThan(0.02);
      }
    },
  );
});
