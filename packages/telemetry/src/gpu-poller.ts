import { execFile } from 'node:child_process';
import { type Logger, parseOptions, requireOptions, silentLogger } from '@trinetra/contracts';
import { z } from 'zod';
import { TelemetryError } from './errors.ts';
import type { GpuSample } from './gpu-metrics.ts';
import { createLogLimiter } from './log-limiter.ts';
import { durationMs, refusing } from './options.ts';
import { nvidiaSmiArguments, parseNvidiaSmi } from './parse-nvidia-smi.ts';

/** Options of {@link createGpuPoller}. */
export interface GpuPollerOptions {
  /** Gets what the GPUs answered, `[]` when they no longer do. */
  readonly telemetry: { setGpuSamples(samples: readonly GpuSample[]): void };
  /**
   * From the end of a poll to the next, ms. Default 15,000, as often as Prometheus commonly asks: each start of nvidia-smi holds up
   * what runs on the GPU.
   */
  readonly intervalMs?: number | undefined;
  /** After which a poll counts as failed, ms. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Path or name of the program. Default `nvidia-smi`. */
  readonly command?: string | undefined;
  readonly logger?: Logger | undefined;
}

const schema = z.strictObject({
  intervalMs: durationMs.default(15_000),
  timeoutMs: durationMs.default(5000),
  command: z.string().min(1).default('nvidia-smi'),
});

/** Asks the GPUs again and again until it is closed; never keeps the process alive. */
export interface GpuPoller extends AsyncDisposable {
  /**
   * Asks once, now; joins a poll that is under way. Never rejects: a failure is logged and gives `[]`.
   */
  poll(): Promise<readonly GpuSample[]>;
  /** Ends a poll under way and stops. */
  close(): Promise<void>;
}

/**
 * Starts asking `nvidia-smi`, the first time at once. Where there is no such program it says so once and
 * stops, and no GPU metric exists.
 *
 * @throws {TelemetryError} `invalid_options`.
 */
export function createGpuPoller(options: GpuPollerOptions): GpuPoller {
  const how = refusing('gpuPoller');
  const { telemetry, logger = silentLogger, ...plain } = requireOptions(options, how);
  const values = parseOptions(schema, plain, how);
  if (typeof telemetry?.setGpuSamples !== 'function')
    throw new TelemetryError('invalid_options', 'gpuPoller.telemetry: expected one with setGpuSamples()');
  const limiter = createLogLimiter(logger, { intervalMs: 60_000 });
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<readonly GpuSample[]> | undefined;
  let absent = false;

  const ask = async (): Promise<readonly GpuSample[]> => {
    let samples: readonly GpuSample[] = [];
    try {
      samples = parseNvidiaSmi(await run(values.command, values.timeoutMs, stop.signal));
    } catch (error) {
      if (!stop.signal.aborted) {
        absent = isMissing(error);
        if (absent) logger.info({ command: values.command }, 'no GPU metrics: the program is not installed');
        else limiter.warn('gpu', { command: values.command, err: error }, 'the GPU did not answer');
      }
    }
    if (!stop.signal.aborted) telemetry.setGpuSamples(samples);
    return samples;
  };
  const poll = (): Promise<readonly GpuSample[]> => {
    if (stop.signal.aborted) return Promise.resolve([]);
    clearTimeout(timer);
    current ??= ask().finally(() => {
      current = undefined;
      if (!absent && !stop.signal.aborted) timer = setTimeout(poll, values.intervalMs).unref();
    });
    return current;
  };
  const close = async (): Promise<void> => {
    stop.abort();
    clearTimeout(timer);
    await current;
    limiter.close();
  };
  void poll();
  return { poll, close, [Symbol.asyncDispose]: close };
}

function run(command: string, timeoutMs: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...nvidiaSmiArguments],
      { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024, signal, windowsHide: true },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
    child.unref();
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
