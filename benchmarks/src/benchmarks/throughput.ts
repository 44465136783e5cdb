import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { countPersons } from '../count-persons.ts';
import type { DecodeJob } from '../decode-loop.ts';
import { runLoop } from '../loop-child.ts';
import { hasOpenSides, modelEnv } from '../models.ts';
import { type PythonEnvironment, preparePython, startPython } from '../python-baseline.ts';
import type { Section, Table, Target } from '../report.ts';
import { simulatedEngine } from '../simulated-engine.ts';
import { interleave, medians } from '../statistics.ts';
import { measureThroughput, type ThroughputWindow } from '../throughput-scenario.ts';
import { startWorker } from '../worker.ts';

type Row = Readonly<Record<string, number>>;
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

function targetsOf(results: ReadonlyMap<string, Row>, crowd: { persons: number; faces: number }): Target[] {
  const of = (name: string, field: string): number => results.get(name)?.[field] ?? Number.NaN;
  const cores = availableParallelism();
  const frameMs =
    of('model N=4', 'cpuMsEach') +
    of('decode package-exact', 'cpuMsEach') +
    crowd.persons * of('face model', 'cpuMsEach') +
    crowd.faces * of('embedder', 'cpuMsEach');
  const limit = (1000 * cores) / frameMs;
  const ratio = (what: string, wanted: string, value: number, met: boolean): Target => ({
    what,
    wanted,
    measured: value.toFixed(2),
    met,
  });
  const share = of('worker', 'framesPerSecond') / limit;
  const bare = of('model N=4', 'coresInUse') / cores;
  const parts = of('worker', 'cpuMsPerFrame') / frameMs;
  const exact = of('worker zero', 'cpuMsPerFrame') / of('decode package-exact', 'cpuMsEach');
  const fast = of('worker zero fast', 'cpuMsPerFrame') / of('decode package-fast', 'cpuMsEach');
  const overPython = (name: string): number =>
    of(name, 'framesPerSecond') / of('python zero', 'framesPerSecond');
  const [python, pythonFast] = [overPython('worker zero'), overPython('worker zero fast')];
  const models = of('worker', 'framesPerSecond') / of('python', 'framesPerSecond');
  const open = of('worker open', 'framesPerSecond');
  const overSquare = open / of('worker', 'framesPerSecond');
  const overBare = open / of('model N=4', 'perSecond');
  return [
    ...(results.has('worker open')
      ? [
          ratio(
            '16:9 frames, frames/s of the worker with open sides over square input',
            '>= 1.45',
            overSquare,
            overSquare >= 1.45,
          ),
          ratio(
            '16:9 frames, frames/s of the worker with open sides over the bare loop of the square model',
            '>= 1.3',
            overBare,
            overBare >= 1.3,
          ),
        ]
      : []),
    ratio(
      `frames/s over the limit of ${limit.toFixed(1)} (${cores} cores, ${frameMs.toFixed(1)} ms of model and decoding a frame with ${crowd.persons.toFixed(1)} persons)`,
      '>= 0.95',
      share,
      share >= 0.95,
    ),
    ratio(
      `the same over the share of its own limit that the bare loop of the model reaches here (${bare.toFixed(2)})`,
      '>= 0.95',
      share / bare,
      share / bare >= 0.95,
    ),
    ratio('CPU a frame of the whole path over that of its parts', '<= 1.05', parts, parts <= 1.05),
    ratio(
      'engine of zero cost: CPU a frame over that of decoding alone, exact',
      '<= 1.5',
      exact,
      exact <= 1.5,
    ),
    ratio('engine of zero cost: CPU a frame over that of decoding alone, fast', '<= 1.5', fast, fast <= 1.5),
    ...(results.has('python')
      ? [
          ratio(
            'engine of zero cost: frames/s over the Python baseline with one too, exact',
            '>= 3',
            python,
            python >= 3,
          ),
          ratio(
            'engine of zero cost: frames/s over the Python baseline with one too, fast',
            '>= 3',
            pythonFast,
            pythonFast >= 3,
          ),
          ratio('real models: frames/s over the Python baseline', '> 1', models, models > 1),
        ]
      : []),
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
