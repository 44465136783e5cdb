import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { countPersons } from '../count-persons.ts';
import type { DecodeJob } from '../decode-loop.ts';
import { runLoop } from '../loop-child.ts';
import { hasOpenSides, modelEnv } from '../models.ts';
import { type PythonEnvironment, preparePython, startPython } from '../python-baseline.ts';
import type { Section, Table } from '../report.ts';
import { simulatedEngine } from '../simulated-engine.ts';
import { interleave, medians } from '../statistics.ts';
import { measureThroughput, type ThroughputWindow } from '../throughput-scenario.ts';
import { startWorker } from '../worker.ts';
import { type Row, targetsOf } from './throughput-targets.ts';

type Scenarios = Record<string, () => Promise<Row>>;

const decoders: readonly DecodeJob['decoder'][] = ['sharp', 'jpeg-turbo', 'package-exact', 'package-fast'];
const cameras = 8;

/** The input that holds a 16:9 picture, and the square one: height, width. */
const wideSides = [384, 640] as const;
const squareSides = [640, 640] as const;

/** Nothing but one model or one decoder. */
function bareScenarios(context: BenchmarkContext, pictures: string, isOpen: boolean): Scenarios {
  const seconds = context.quick ? 1 : 4;
  const { detector, face, embedder } = context.models;
  const model = (path: string, batch: number) => () => runLoop('model-loop', { path, batch, seconds });
  const detectorLoop = (batch: number, sides: readonly [number, number]) => () =>
    runLoop('model-loop', { path: detector, batch, seconds, sides });
  return {
    'model N=1': detectorLoop(1, squareSides),
    'model N=4': detectorLoop(4, squareSides),
    'model N=8': detectorLoop(8, squareSides),
    ...(isOpen ? { 'model N=4 at 640x384': detectorLoop(4, wideSides) } : {}),
    'face model': model(face, 4),
    embedder: model(embedder, 4),
    ...Object.fromEntries(
      decoders.map((decoder) => [
        `decode ${decoder}`,
        () => runLoop('decode-loop', { decoder, pictures, seconds } satisfies DecodeJob),
      ]),
    ),
  };
}

const numbersOf = (window: ThroughputWindow): Row => ({
  framesPerSecond: window.framesPerSecond,
  cpuMsPerFrame: window.cpuMsPerFrame,
  redisCpuMsPerFrame: window.redisCpuMsPerFrame,
  kafkaCpuMsPerFrame: window.kafkaCpuMsPerFrame,
  idleShare: window.idleShare,
  stolenShare: window.stolenShare,
});

/** The whole path, through Redis and Kafka. */
function pathScenarios(context: BenchmarkContext, python: PythonEnvironment, isOpen: boolean): Scenarios {
  const { testStack, pictures, models, quick } = context;
  // Frames as they are: decoding alone, and the Python baseline, do not bring them back to their proportions either.
  const zero = { ...simulatedEngine({ device: 'zero', persons: 0, batchSize: 4 }), FRAME_ASPECT: 'keep' };
  const run = (frames: number, start: Parameters<typeof measureThroughput>[0]['start']) => async () => {
    const backlog = { cameras, frames: quick ? Math.round(frames / 4) : frames, pictures };
    return numbersOf(await measureThroughput({ testStack, backlog, start }));
  };
  /** Square inputs, as the bare model and the Python baseline have them, unless told otherwise. */
  const worker = (frames: number, env: Readonly<Record<string, string>>): (() => Promise<Row>) =>
    run(frames, (scenario) =>
      startWorker({ ...scenario.env, ...modelEnv(models), DETECTOR_SHAPES: 'square', ...env }),
    );
  const baseline = (frames: number, env: Readonly<Record<string, string>>): Scenarios[string] =>
    run(frames, async (scenario) => {
      if (!python.ok) throw new Error(python.reason);
      return startPython(python.python, { ...scenario.env, ...modelEnv(models), ...env });
    });
  return {
    worker: worker(1600, {}),
    ...(isOpen ? { 'worker open': worker(1600, { DETECTOR_SHAPES: 'auto' }) } : {}),
    'worker fast': worker(1600, { JPEG_DECODING: 'fast' }),
    'worker zero': worker(6000, zero),
    'worker zero fast': worker(6000, { ...zero, JPEG_DECODING: 'fast' }),
    ...(python.ok
      ? { python: baseline(800, {}), 'python zero': baseline(2000, { SIMULATED_DEVICE: 'zero' }) }
      : {}),
  };
}

const pathNames: Readonly<Record<string, string>> = {
  worker: 'worker, 16:9 in square input, JPEG_DECODING=exact',
  'worker open': 'worker, 16:9 in 640x384 (DETECTOR_SHAPES=auto), exact',
  'worker fast': 'worker, JPEG_DECODING=fast',
  'worker zero': 'worker, engine of zero cost, exact',
  'worker zero fast': 'worker, engine of zero cost, fast',
  python: 'Python baseline',
  'python zero': 'Python baseline, engine of zero cost',
};

function tablesOf(results: ReadonlyMap<string, Row>, python: PythonEnvironment): Table[] {
  const rowsOf = (pattern: RegExp, columns: readonly string[]) =>
    [...results]
      .filter(([name]) => pattern.test(name))
      .map(([name, row]) => [pathNames[name] ?? name, ...columns.map((column) => row[column] ?? Number.NaN)]);
  return [
    {
      title: 'One step alone (inference: threads as in the worker; decoding: one picture at a time)',
      columns: ['step', 'items/s', 'CPU ms each', 'cores in use'],
      rows: rowsOf(/^(model|face|embedder|decode)/, ['perSecond', 'cpuMsEach', 'coresInUse']),
    },
    {
      title: `The whole path: Redis, decoding, detection, faces, embeddings, Kafka's answer, ack; frames always wait`,
      columns: [
        'who',
        'frames/s',
        'CPU ms a frame',
        'of Redis',
        'of Kafka',
        'machine idle',
        'machine stolen',
      ],
      rows: rowsOf(/^(worker|python)/, [
        'framesPerSecond',
        'cpuMsPerFrame',
        'redisCpuMsPerFrame',
        'kafkaCpuMsPerFrame',
        'idleShare',
        'stolenShare',
      ]),
      note: python.ok
        ? 'Redis, Kafka and the consumer share the cores. Kafka also flushes in the background. Stolen: the hypervisor ran others meanwhile.'
        : `The Python baseline was SKIPPED: ${python.reason}`,
    },
  ];
}

/** The steps alone, the whole path, and the baseline, side by side. */
export const throughput: Benchmark = {
  name: 'throughput',
  about: 'models alone, decoding alone, the whole path, an engine of zero cost, the Python baseline',
  async run(context): Promise<Section> {
    const { testStack, pictures, models } = context;
    const python = await preparePython();
    if (!python.ok) context.say(`the Python baseline is SKIPPED: ${python.reason}`);
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-bench-'));
    try {
      const file = join(folder, 'pictures.json');
      await writeFile(file, JSON.stringify(pictures.map((picture) => picture.toString('base64'))));
      const isOpen = await hasOpenSides(models.detector);
      const scenarios = {
        ...bareScenarios(context, file, isOpen),
        ...pathScenarios(context, python, isOpen),
      };
      const all = await interleave(scenarios, context.repetitions, context.say);
      const results = new Map([...all].map(([name, rows]) => [name, medians(rows)] as const));
      const counted = await measureThroughput({
        testStack,
        backlog: { cameras, frames: 120, pictures },
        start: (scenario) => startWorker({ ...scenario.env, ...modelEnv(models) }),
      });
      const crowd = await countPersons(testStack, counted.topic, counted.publishedEvents);
      return {
        name: 'throughput',
        title: 'Throughput',
        command: context.command('throughput'),
        tables: tablesOf(results, python),
        targets: targetsOf(results, crowd),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
