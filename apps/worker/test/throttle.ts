import { accessSync, constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Holds a process to a share of one core, for real. */
export interface Throttle extends Disposable {
  /** What does it: `cgroup v1`, `cgroup v2` or `SIGSTOP`. */
  readonly by: string;
  /** Gives the process this share of one core from now on, 0.01..1. */
  hold(share: number): void;
  /** Gives it all there is. */
  lift(): void;
}

/** A quota counts in each of these, µs: short, so that the process crawls and never stands still for long. */
const periodUs = 50_000;
/** The kernel takes no smaller quota, µs. */
const leastQuotaUs = 1000;

const roots = { v1: '/sys/fs/cgroup/cpu', v2: '/sys/fs/cgroup' };

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const saysGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ESRCH';

/** A group of its own for a process; undefined where the machine gives none, as to users without rights. */
function byCgroup(pid: number): Throttle | undefined {
  const version = existsSync(join(roots.v1, 'cpu.shares')) ? 'v1' : 'v2';
  const root = roots[version];
  const group = join(root, `trinetra-throttle-${pid}`);
  if (!isWritable(join(root, 'cgroup.procs'))) return undefined;
  try {
    if (version === 'v2') writeFileSync(join(root, 'cgroup.subtree_control'), '+cpu');
    mkdirSync(group);
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  } catch {
    return undefined; // a container that shows its groups and lets nobody have one
  }
  const limit = (quota: string): void => {
    if (version === 'v2')
      writeFileSync(join(group, 'cpu.max'), `${quota === '-1' ? 'max' : quota} ${periodUs}`);
    else writeFileSync(join(group, 'cpu.cfs_quota_us'), quota);
  };
  if (version === 'v1') writeFileSync(join(group, 'cpu.cfs_period_us'), String(periodUs));
  return {
    by: `cgroup ${version}`,
    hold: (share) => limit(String(Math.max(leastQuotaUs, Math.round(share * periodUs)))),
    lift: () => limit('-1'),
    [Symbol.dispose]: () => {
      limit('-1');
      try {
        writeFileSync(join(root, 'cgroup.procs'), String(pid));
      } catch (error) {
        if (!saysGone(error)) throw error;
      }
      rmdirSync(group);
    },
  };
}

/** Stops the process and lets it go on, 20 times a second. */
function bySignals(pid: number): Throttle {
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!saysGone(error)) throw error;
      clearTimeout(timer);
    }
  };
  const lift = (): void => {
    clearTimeout(timer);
    send('SIGCONT');
  };
  return {
    by: 'SIGSTOP',
    hold: (share) => {
      lift();
      const turn = (runs: boolean): void => {
        send(runs ? 'SIGCONT' : 'SIGSTOP');
        timer = setTimeout(turn, (periodUs / 1000) * (runs ? share : 1 - share), !runs);
      };
      turn(false);
    },
    lift,
    [Symbol.dispose]: lift,
  };
}

/** A throttle of a process that runs: of the kernel where this user may have it, else made of signals. */
export function throttle(pid: number): Throttle {
  return byCgroup(pid) ?? bySignals(pid);
}
