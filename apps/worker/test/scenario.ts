import { appendFileSync } from 'node:fs';
import { parseConfig } from '../src/config.ts';
import { maxInFlight } from '../src/pipeline.ts';

export { isFullRun, times, variants } from '@trinetra/test-support';

/** Frames that a worker with the default batch size holds at most. */
export const inFlight: number = maxInFlight(parseConfig({}).BATCH_SIZE);

/** What a fault cost; a test leaves out what it does not count. */
export interface FaultCost {
  /** To be published, and how many of them never were. */
  readonly frames?: number;
  readonly lost?: number;
  readonly duplicates?: number;
  /** From the end of the fault, or from a fault that stays, until events come again. */
  readonly recoveredMs?: number;
}

/** The longest text that a cell of a table takes. */
const maxCell = 120;

/** Prints what a test injected and what it counted, and leaves the figures for the table of docs/RELIABILITY.md. */
export function report(fault: string, injected: string, counted: string, cost: FaultCost = {}): void {
  console.log(`fault: ${fault}\n  injected: ${injected}\n  counted: ${counted}`);
  for (const text of [fault, injected]) {
    if (text.length > maxCell) throw new Error(`expected at most ${maxCell} characters but received ${text}`);
  }
  const file = process.env['FAULTS_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault, injected, ...cost })}\n`);
}
