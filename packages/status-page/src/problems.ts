import { frameProblems } from './frame-problems.ts';
import { partProblems } from './part-problems.ts';
import type { ProblemFacts } from './problem.ts';
import type { Problem } from './snapshot.ts';
import { type ProblemId, troubleshooting } from './troubleshooting.ts';

const finders = { ...partProblems, ...frameProblems };

/**
 * Worst first: what stops all cameras, what costs events, what may soon. The page itself detects a lost worker.
 */
const worstFirst: readonly Exclude<ProblemId, 'lost'>[] = [
  'worker',
  'redis',
  'sink',
  'inference',
  'engine',
  'models',
  'overload',
  'nothing',
  'corrupt',
  'silent',
  'lostEvents',
  'evicted',
  'behind',
  'fallback',
  'late',
  'stale',
  'drops',
];

/** Finds all problems, worst first. */
export function findProblems(facts: ProblemFacts): Problem[] {
  return worstFirst.flatMap((id) => {
    const found = finders[id](facts);
    return found === undefined ? [] : [{ id, ...found, help: troubleshooting[id] }];
  });
}
