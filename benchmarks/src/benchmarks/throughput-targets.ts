import { availableParallelism } from 'node:os';
import type { Target } from '../report.ts';

/** Figures of one scenario, by name. */
export type Row = Readonly<Record<string, number>>;

/** What was wanted of the figures; `crowd`: persons and faces a frame, on average. */
export function targetsOf(
  results: ReadonlyMap<string, Row>,
  crowd: { persons: number; faces: number },
): Target[] {
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
