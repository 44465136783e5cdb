import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '@trinetra/local-servers';
import { sharedFolder } from '@trinetra/test-support';

export { demoModels, hasShared, sharedFolder as shared } from '@trinetra/test-support';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export function sharedModels(): Record<string, string> {
  const model = (name: string): string => fileURLToPath(new URL(`models/${name}`, sharedFolder));
  return {
    YOLO_ENGINE_PATH: model('yolov8n.onnx'),
    ARCFACE_ENGINE_PATH: model('edgeface_xs.onnx'),
    FACE_MODEL_PATH: model('yunet_batch.onnx'),
  };
}

/** Polls until `probe` gives something, or fails with what was waited for. */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  limitMs = 100_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited ${limitMs} ms for ${what}`);
}

export interface WorkerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** All log lines so far. */
  log(): string;
  ready(): Promise<void>;
  /** Sends a signal and resolves to the exit code (null after SIGKILL). */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Values of a metric by its labels, as `{label="x"} -> value`. */
  metric(name: string): Promise<Map<string, number>>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly args?: readonly string[];
  /** Standard output and standard error: to `log()`, or a descriptor. */
  readonly output?: readonly ['pipe' | number, 'pipe' | number];
}

/** Starts the built worker as operators do: `node dist/main.js` with an environment and perhaps arguments. */
export async function startWorker(
  env: Record<string, string>,
  { args = [], output = ['pipe', 'pipe'], ...options }: StartOptions = {},
): Promise<WorkerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], METRICS_PORT: String(port), METRICS_HOST: '127.0.0.1', ...env },
    stdio: ['ignore', ...output],
    ...options,
  });
  let log = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };
  return {
    child,
    url,
    log: () => log,
    stop,
    ready: async () => {
      await waitFor('the worker to be ready', async () => {
        if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}:\n${log}`);
        const response = await fetch(`${url}/ready`).catch(() => undefined);
        return response?.ok === true ? true : undefined;
      });
    },
    metric: async (name) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const rows = text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return new Map(
        rows.map((line) => {
          const at = line.lastIndexOf(' ');
          return [line.slice(name.length, at), Number(line.slice(at + 1))];
        }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
    },
  };
}
