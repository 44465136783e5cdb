import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';

/** Results of a loop. */
interface Loop {
  /** Frames, pictures or faces a second. */
  readonly perSecond: number;
  /** Ms of CPU for each, all threads together. */
  readonly cpuMsEach: number;
}

/** Results of a bare loop. */
export interface LoopResult extends Loop, Readonly<Record<string, number>> {
  /** Cores that it had, by its CPU time; fewer than its threads if the machine runs others. */
  readonly coresInUse: number;
}

/** Runs one of the loops in a process of its own, so that its CPU time is its own. */
export async function runLoop(file: 'model-loop' | 'decode-loop', job: object): Promise<LoopResult> {
  const path = fileURLToPath(new URL(`./${file}.ts`, import.meta.url));
  const output = await startChild(process.execPath, [path, JSON.stringify(job)], {}).finished();
  const result = JSON.parse(output) as Loop;
  return { ...result, coresInUse: (result.perSecond * result.cpuMsEach) / 1000 };
}
