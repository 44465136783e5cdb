/** In the repository that package.json names; the alerts point there, too. */
const document = 'https://github.com/trinetra/inference-worker/blob/main/docs/TROUBLESHOOTING.md';

/** Where a problem is described. */
export interface Help {
  readonly heading: string;
  readonly url: string;
}

/**
 * The symptom in docs/TROUBLESHOOTING.md that each problem is described under. The worst problem is first: what
 * stops all cameras, what costs events, what may soon.
 */
const headings = {
  lost: 'The live page has lost the worker',
  worker: 'The live page has lost the worker',
  redis: 'It runs, and `/ready` says 503',
  sink: 'It runs, and `/ready` says 503',
  inference: 'It runs, and `/ready` says 503',
  engine: 'It runs, and `/ready` says 503',
  models: 'It runs, and `/ready` says 503',
  overload: 'It is slow',
  nothing: 'No events arrive',
  corrupt: 'Pictures of a camera cannot be read',
  silent: 'A camera is silent',
  lostEvents: 'Frames are dropped',
  evicted: 'Redis trims frames before they are read',
  behind: 'It is slow',
  fallback: 'A model runs on another engine than was asked for',
  late: 'It is slow',
  stale: 'Frames are dropped',
  drops: 'Frames are dropped',
};

/** Every kind of problem. */
export type ProblemId = keyof typeof headings;

/** The worst first. */
export const problemIds = Object.keys(headings) as readonly ProblemId[];

/** Where each problem is described. */
export const troubleshooting = Object.fromEntries(
  Object.entries(headings).map(([id, heading]) => [id, help(heading)]),
) as Readonly<Record<ProblemId, Help>>;

/** A heading, and its address as GitHub makes it: lower case, words joined, other signs left out. */
function help(heading: string): Help {
  const anchor = heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
  return { heading: heading.replaceAll('`', ''), url: `${document}#${anchor}` };
}
