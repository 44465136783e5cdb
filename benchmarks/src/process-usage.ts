import { readdirSync, readFileSync } from 'node:fs';

/** CPU use of a process so far. */
export interface ProcessUsage {
  /** Seconds on a CPU, all threads together. */
  readonly cpuSeconds: number;
  /** The same by thread name: `MainThread`, `trinetra-decode`, ... */
  readonly byThread: ReadonlyMap<string, number>;
}

/**
 * CPU time of a process and its threads, ns exact. Threads that have ended are missing.
 *
 * @see https://docs.kernel.org/scheduler/sched-stats.html (/proc/PID/task/TID/schedstat: ns on the CPU first)
 */
export function usageOf(pid: number): ProcessUsage {
  const byThread = new Map<string, number>();
  let cpuSeconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${task}`;
    let name: string;
    let seconds: number;
    try {
      name = readFileSync(`${folder}/comm`, 'utf8').trim();
      seconds = Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
    } catch {
      continue; // it ended between the listing and now
    }
    cpuSeconds += seconds;
    byThread.set(name, (byThread.get(name) ?? 0) + seconds);
  }
  return { cpuSeconds, byThread };
}

/** Resident memory of a process, MB (10^6 bytes). */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes ?? Number.NaN) * 1024) / 1e6;
}

/** Time of all cores together, in clock ticks. */
export interface MachineTime {
  readonly idle: number;
  /** Time that the hypervisor stole. */
  readonly stolen: number;
  readonly all: number;
}

/** @see proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal */
export function machineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return {
    idle: (ticks[3] ?? 0) + (ticks[4] ?? 0),
    stolen: ticks[7] ?? 0,
    all: ticks.reduce((sum, value) => sum + value, 0),
  };
}

/** Share of the machine's time between two instants, 0..1. */
export function shareOf(part: 'idle' | 'stolen', before: MachineTime, after: MachineTime): number {
  return (after[part] - before[part]) / (after.all - before.all);
}
