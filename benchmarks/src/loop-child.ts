import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';

/** What a bare loop reached. */
export interface LoopResult extends Readonly<Record<string, number>> {
  /** Frames, pictures or faces a second. */
  readonly perSecond: number;
  /** Ms of CPU for each, all threads together. */
  readonly cpuMsEach: number;
}

/** Runs one of the loops in a process of its own, so that its CPU time is its own. */
export async function runLoop(file: 'model-loop' | 'decode-loop', job: object): Promise<LoopResult> {
  const path = fileURLToPath(new URL(`./${file}.ts`, import.meta.url));
  const output = await startChild(process.execPath, [path, JSON.stringify(job)], {}).finished();
  return JSON.parse(output) as LoopResult;
}
