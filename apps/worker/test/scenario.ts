import { appendFileSync } from 'node:fs';
import { parseConfig } from '../src/config.ts';
import { maxInFlight } from '../src/pipeline.ts';

/** Frames that a worker with the default batch size holds at most. */
export const inFlight: number = maxInFlight(parseConfig({}).BATCH_SIZE);

/** Whether the long version of the fault tests runs: `npm run test:faults`. */
export const isFullRun: boolean = process.env['FAULTS'] === 'full';

/** How often a fault is injected: a short version inside `npm test`, the full one in `npm run test:faults`. */
export function times(short: number, full: number): number {
  return isFullRun ? full : short;
}

/** The variants of a fault that run: all in `npm run test:faults`, the first `short` inside `npm test`. */
export function variants<T>(all: readonly T[], short = 1): readonly T[] {
  return isFullRun ? all : all.slice(0, short);
}

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
