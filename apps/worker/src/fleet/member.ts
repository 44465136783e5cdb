import { type ChildProcess, spawn } from 'node:child_process';
import { type Logger, pause } from '@trinetra/contracts';
import { failuresInARow, restartDelayMs } from './backoff.ts';
import { passLines } from './lines.ts';
import { portOf, tellToStop } from './link.ts';
import { defaultWatch, type WatchOptions, watchForHang } from './watch.ts';

/** Exit code of a worker whose configuration is not valid, or whose files are no models: no restart mends that. */
export const refusedExitCode = 2;

export interface FleetMemberOptions {
  readonly gpu: number;
  /** Program and arguments of its worker. */
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly onRestart: () => void;
  /** Wait before restart number `failures` in a row, ms. */
  readonly delayMs?: (failures: number) => number;
  readonly watch?: Omit<WatchOptions, 'port'>;
}

/** What `/ready` tells of a worker besides its own answer. */
interface MemberState {
  /** `starting`: its port is not open yet; `waiting`: ended, to be started again; `ended`: for good. */
  readonly state: 'starting' | 'running' | 'waiting' | 'ended';
  readonly pid?: number;
  readonly restarts: number;
  /** How its last process ended: the exit code, a signal, or why it could not be started. */
  readonly lastEnd?: number | string;
}

/** The worker of one GPU, over all its processes. */
export interface FleetMember {
  readonly gpu: number;
  state(): MemberState;
  /** Port of its `/metrics` and `/ready` on loopback while it runs. */
  port(): number | undefined;
  /**
   * Starts it, and again whenever it ends, until `signal` aborts; then tells it to stop. Resolves to how it ended for good,
   * which is {@link refusedExitCode} without any `signal` too.
   */
  run(signal: AbortSignal): Promise<number | string>;
  /** Ends its process at once. */
  kill(): void;
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

/** Nothing is started before {@link FleetMember.run}. */
export function createFleetMember(options: FleetMemberOptions): FleetMember {
  const { gpu, command, env, logger, onRestart, delayMs = restartDelayMs, watch = defaultWatch } = options;
  const [program, ...args] = command;
  let child: ChildProcess | undefined;
  let port: number | undefined;
  let state: MemberState = { state: 'starting', restarts: 0 };

  async function pass(started: ChildProcess): Promise<void> {
    const passed = [started.stdout, started.stderr].map((stream, index) =>
      stream === null ? undefined : passLines(stream, index === 0 ? process.stdout : process.stderr),
    );
    for (const result of await Promise.allSettled(passed)) {
      if (result.status === 'rejected') logger.debug({ gpu, err: result.reason }, 'output is not passed on');
    }
  }

  async function endWhereItHangs(started: ChildProcess, signal: AbortSignal): Promise<void> {
    if (!(await watchForHang({ ...watch, port: () => port }, signal))) return;
    logger.error({ gpu, pid: started.pid }, 'the worker of a GPU hangs: it is ended');
    started.kill('SIGKILL');
  }

  async function runOnce(signal: AbortSignal): Promise<number | string> {
    // spawn and not a fork of this process: a CUDA context does not survive one.
    const started = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child = started;
    const { restarts } = state;
    state = { ...state, state: 'starting', ...(started.pid === undefined ? {} : { pid: started.pid }) };
    started.on('message', (message) => {
      port = portOf(message) ?? port;
      if (port !== undefined) state = { ...state, state: 'running' };
    });
    const stop = (): void => tellToStop(started);
    signal.addEventListener('abort', stop, { once: true });
    const passed = pass(started);
    const over = new AbortController();
    void endWhereItHangs(started, AbortSignal.any([signal, over.signal]));
    const lastEnd = await ended(started);
    over.abort();
    signal.removeEventListener('abort', stop);
    port = undefined;
    state = { state: 'waiting', restarts, lastEnd };
    await passed;
    return lastEnd;
  }

  async function run(signal: AbortSignal): Promise<number | string> {
    let end: number | string = 0;
    for (let failures = 0; !signal.aborted; ) {
      const startedAt = performance.now();
      end = await runOnce(signal);
      if (signal.aborted || end === refusedExitCode) break;
      failures = failuresInARow(failures, performance.now() - startedAt);
      const waitMs = Math.round(delayMs(failures));
      logger.warn({ gpu, end, failures, waitMs }, 'the worker of a GPU ended and will be started again');
      end = 0; // nothing is left to stop while it waits
      await pause(waitMs, signal);
      if (signal.aborted) break;
      onRestart();
      state = { ...state, restarts: state.restarts + 1 };
    }
    state = { ...state, state: 'ended' };
    return end;
  }

  return {
    gpu,
    state: () => state,
    port: () => port,
    run,
    kill: () => void child?.kill('SIGKILL'),
  };
}
