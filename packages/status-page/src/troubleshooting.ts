/** In the repository that package.json names; the alerts point there, too. */
const document = 'https://github.com/trinetra/inference-worker/blob/main/docs/TROUBLESHOOTING.md';

const notReady = 'It runs, and `/ready` says 503';
const dropped = 'Frames are dropped';

/** Where a problem is described. */
export interface Help {
  readonly heading: string;
  readonly url: string;
}

/** Every kind of problem. */
export type ProblemId =
  | 'lost'
  | 'worker'
  | 'redis'
  | 'sink'
  | 'inference'
  | 'engine'
  | 'models'
  | 'overload'
  | 'nothing'
  | 'corrupt'
  | 'silent'
  | 'lostEvents'
  | 'evicted'
  | 'behind'
  | 'late'
  | 'fallback'
  | 'stale'
  | 'drops';

/** The symptom in docs/TROUBLESHOOTING.md that each problem is described under. */
export const troubleshooting: Readonly<Record<ProblemId, Help>> = Object.freeze({
  lost: help('The live page has lost the worker'),
  worker: help('The live page has lost the worker'),
  redis: help(notReady),
  sink: help(notReady),
  inference: help(notReady),
  engine: help(notReady),
  models: help(notReady),
  overload: help('It is slow'),
  nothing: help('No events arrive'),
  corrupt: help('Pictures of a camera cannot be read'),
  silent: help('A camera is silent'),
  lostEvents: help(dropped),
  evicted: help('Redis trims frames before they are read'),
  behind: help('It is slow'),
  late: help('It is slow'),
  fallback: help('A model runs on another engine than was asked for'),
  stale: help(dropped),
  drops: help(dropped),
});

/** A heading, and its address as GitHub makes it: lower case, words joined, other signs left out. */
function help(heading: string): Help {
  const anchor = heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
  return { heading: heading.replaceAll('`', ''), url: `${document}#${anchor}` };
}
