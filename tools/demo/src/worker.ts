import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@trinetra/local-servers';
import { type Program, startProgram } from './child-process.ts';
import { DemoError } from './errors.ts';
import { parseWorkerCounters, type WorkerCounters } from './worker-counters.ts';

/** The worker as its own process, as operators run it. */
export interface Worker {
  readonly program: Program;
  /** Address of its live page. */
  readonly pageUrl: string;
  /** undefined if it did not answer: whether it is still alive is asked of `program`. */
  counters(): Promise<WorkerCounters | undefined>;
}

const readyLimitMs = 120_000;
const main = fileURLToPath(import.meta.resolve('@trinetra/worker/dist/main.js'));

/** Why a worker that ended with 2 does not start: what it was given is at fault, and its last log line says so. */
function refusalIn(log: string): string | undefined {
  for (const line of log.split('\n').toReversed()) {
    try {
      const { level, msg }: { level?: unknown; msg?: unknown } = JSON.parse(line);
      if (level === 'error' && typeof msg === 'string') return msg;
    } catch {
      // Not a line of the log.
    }
  }
  return undefined;
}

/**
 * Starts the worker and resolves once it is ready: models loaded, Redis and the sink reachable.
 *
 * @param env Its configuration, without the ports.
 * @throws {DemoError} `invalid_options` where it refuses what it was given, else `not_started`, with its last log lines.
 */
export async function startWorker(env: Readonly<Record<string, string>>): Promise<Worker> {
  const port = await freePort();
  const pagePort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = startProgram('worker', main, [], {
    ...env,
    METRICS_PORT: String(port),
    METRICS_HOST: '127.0.0.1',
    STATUS_PAGE: 'on',
    STATUS_PORT: String(pagePort),
    SHOW_FRAMES: 'on',
  });
  const end = performance.now() + readyLimitMs;
  const isReady = async (): Promise<boolean> => {
    // Refused while the worker is not listening yet.
    const response = await fetch(`${url}/ready`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok === true;
  };
  while (!(await isReady())) {
    const ended = program.ended();
    if (ended !== undefined || performance.now() > end) {
      const what =
        ended === undefined ? `is not ready after ${readyLimitMs / 1000} s` : `ended with ${ended}`;
      await program.stop(0);
      const refusal = ended === 'exit code 2' ? refusalIn(program.lastLines(15)) : undefined;
      if (refusal !== undefined)
        throw new DemoError('invalid_options', `The worker does not start: ${refusal}`);
      throw new DemoError('not_started', `The worker ${what}:\n${program.lastLines(15)}`);
    }
    await sleep(50);
  }
  return {
    program,
    pageUrl: `http://127.0.0.1:${pagePort}/`,
    async counters() {
      try {
        const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) });
        return response.ok ? parseWorkerCounters(await response.text()) : undefined;
      } catch {
        return undefined; // it ends at this very moment, or is too busy: the next call tells
      }
    },
  };
}
