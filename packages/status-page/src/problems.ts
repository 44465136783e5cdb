import { frameProblems } from './frame-problems.ts';
import { partProblems } from './part-problems.ts';
import type { Finder, ProblemFacts } from './problem.ts';
import type { Problem } from './snapshot.ts';
import { type ProblemId, problemIds, troubleshooting } from './troubleshooting.ts';

const finders: Readonly<Record<ProblemId, Finder>> = {
  lost: () => undefined, // the page itself finds that out
  ...partProblems,
  ...frameProblems,
};

/** Finds all problems, worst first. */
export function findProblems(facts: ProblemFacts): Problem[] {
  return problemIds.flatMap((id) => {
    const found = finders[id](facts);
    return found === undefined ? [] : [{ id, ...found, help: troubleshooting[id] }];
  });
}
