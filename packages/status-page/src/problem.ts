import type { CameraState } from './camera-state.ts';
import type { CameraFigures, EngineFigures, Part, Problem, WorkerState } from './snapshot.ts';
import { listed } from './words.ts';

/** What problems are found in. Frames are those of the window. */
export interface ProblemFacts {
  readonly state: WorkerState;
  readonly windowSeconds: number;
  readonly cameras: readonly CameraFigures[];
  readonly eventsWaiting: number;
  /** Frames that Redis trimmed before any worker read them. */
  readonly evicted: number;
  /** Frames given up, by reason. */
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
  readonly engines: readonly EngineFigures[];
  readonly fallbacks: readonly { readonly model: string; readonly reason: string }[];
  /** The stage with the highest 95th percentile. */
  readonly slowest: { readonly stage: string; readonly seconds: number } | undefined;
}

/** Finds one kind of problem, if present. */
export type Finder = (facts: ProblemFacts) => Omit<Problem, 'id' | 'help'> | undefined;

/** The part of this kind, if it is not ok. */
export function brokenPart({ state }: ProblemFacts, kind: Part['kind']): Part | undefined {
  return state.parts.find((one) => one.kind === kind && !one.ok);
}

/** Cameras in one of these states. */
export function inState({ cameras }: ProblemFacts, ...states: readonly CameraState[]): CameraFigures[] {
  return cameras.filter(({ state }) => states.includes(state));
}

/** Names of cameras, for a sentence. */
export function named(cameras: readonly CameraFigures[]): string {
  return listed(cameras.map(({ id }) => id));
}
