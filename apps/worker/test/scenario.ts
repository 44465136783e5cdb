import { appendFileSync } from 'node:fs';
import { parseConfig } from '../src/config.ts';
import { pipelineDepth } from '../src/pipeline.ts';

/** Frames that a worker with the default batch size holds at most. */
export const inFlight: number = pipelineDepth * parseConfig({}).BATCH_SIZE;

/** Whether the long version of the fault tests runs: `npm run test:faults`. */
export const isFullRun: boolean = process.env['FAULTS'] === 'full';

/** How often a fault is injected: a short version inside `npm test`, the full one in `npm run test:faults`. */
export function times(short: number, full: number): number {
  return isFullRun ? full : short;
}

/** Prints what a test injected and what it counted, and leaves it for the table of docs/RELIABILITY.md. */
export function report(fault: string, injected: string, counted: string): void {
  console.log(`fault: ${fault}\n  injected: ${injected}\n  counted: ${counted}`);
  const file = process.env['FAULTS_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault, injected, counted })}\n`);
}
