import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@trinetra/local-servers';
import { ChildError, lastSaid, startChild } from './child.ts';
import { parseMetrics, type Sample } from './metrics-text.ts';

/** A consumer of frames that publishes events: our worker, or the Python one. */
export interface Consumer extends AsyncDisposable {
  readonly pid: number;
  /** @throws {ChildError} with what it said last, if it has ended. */
  assertRuns(): void;
}

/** The built worker as its own process. */
export interface Worker extends Consumer {
  metrics(): Promise<Sample[]>;
  log(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves once it answers /ready with yes. */
  ready(): Promise<void>;
}

const main = fileURLToPath(import.meta.resolve('@trinetra/worker/dist/main.js'));
const readyLimitMs = 60_000;

/** Starts the worker as operators do. */
export async function startWorker(
  env: Readonly<Record<string, string>>,
  nodeFlags: readonly string[] = [],
): Promise<Worker> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = startChild(process.execPath, [...nodeFlags, main], {
    CONSUMER_NAME: 'worker',
    METRICS_PORT: String(port),
    METRICS_HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    ...env,
  });
  return {
    pid: child.pid,
    assertRuns: child.assertRuns,
    log: child.output,
    signal: child.signal,
    metrics: async () => parseMetrics(await (await fetch(`${url}/metrics`)).text()),
    ready: async () => {
      const end = performance.now() + readyLimitMs;
      for (;;) {
        const response = await fetch(`${url}/ready`).catch(() => undefined); // not listening yet
        await response?.body?.cancel();
        if (response?.ok === true) return;
        child.assertRuns();
        if (performance.now() > end)
          throw new ChildError('child_failed', `the worker is not ready: ${lastSaid(child.output())}`);
        await delay(50);
      }
    },
    [Symbol.asyncDispose]: child.stop,
  };
}
