import type { Logger } from '@trinetra/contracts';
import { readGpus } from '@trinetra/inference-runtime';
import { createFleetTelemetry, createGpuPoller, createMetricsServer } from '@trinetra/telemetry';
import type { Settings } from '../settings.ts';
import type { Stop } from '../stop-signals.ts';
import { fleetMetrics, fleetReady } from './answers.ts';
import { type GpuChoice, gpusOf } from './gpus.ts';
import { createFleetMember, type FleetMember, refusedExitCode } from './member.ts';

export interface GpuFleetOptions {
  readonly config: Settings;
  readonly choice: GpuChoice;
  /** Program and arguments of a worker; `--gpu-child NUMBER` is added. */
  readonly command: readonly [string, ...string[]];
  readonly version: string;
  readonly logger: Logger;
  readonly stop: Stop;
}

/** The environment of the worker of one GPU: its name and ports are its own, and it sees no other GPU. */
function workerEnvironment(name: string, gpu: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // CUDA counts the fastest GPU first otherwise, and nvidia-smi by the bus.
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: String(gpu),
    GPU_DEVICE_ID: '0',
    CONSUMER_NAME: `${name}-gpu${gpu}`,
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: '0',
    STATUS_PORT: '0',
  };
}

/**
 * Keeps one worker process a GPU until `stop` aborts, starts those that end again, and answers for all of them on one port.
 *
 * @returns The exit code: 0 where all of them stopped cleanly, 2 where one does not take its configuration or models, else 1, as where
 * nobody reads the events on standard output any more.
 * @throws where a GPU is not there, or the port cannot be had.
 */
export async function runGpuFleet(options: GpuFleetOptions): Promise<number> {
  const { config, choice, command, version, logger, stop } = options;
  const gpus = gpusOf(choice, await readGpus());
  const telemetry = createFleetTelemetry(gpus);
  const members = gpus.map((gpu) =>
    createFleetMember({
      gpu,
      command: [...command, '--gpu-child', String(gpu)],
      env: workerEnvironment(config.CONSUMER_NAME, gpu),
      logger,
      onRestart: () => telemetry.restarted(gpu),
    }),
  );
  await using server = await createMetricsServer({
    host: config.METRICS_HOST,
    port: config.METRICS_PORT,
    registry: fleetMetrics(members, telemetry, logger),
    health: () => ({ worker_id: config.CONSUMER_NAME, version, gpus }),
    ready: () => fleetReady(members),
    logger,
  });
  await using _poller = createGpuPoller({ telemetry, logger });
  // A line that cannot be written fails for its own writer.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  let isRead = true;
  if (config.SINK.kind === 'stdout') {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') return;
      isRead = false;
      stop.begin({ reason: 'nobody reads standard output any more' });
    });
  }
  process.once('exit', () => {
    // A second signal, or not finished in time. Otherwise the workers see that this process is gone, and finish.
    if (stop.signal.aborted) for (const member of members) member.kill();
  });
  logger.info({ metricsPort: server.port, gpus }, 'starting one worker a GPU');
  const exitCode = await settle(members, logger, stop);
  return isRead ? exitCode : Math.max(1, exitCode);
}

async function settle(members: readonly FleetMember[], logger: Logger, stop: Stop): Promise<number> {
  const ends = await Promise.all(
    members.map(async (member) => {
      const end = await member.run(stop.signal);
      if (end === refusedExitCode) {
        logger.error(
          { gpu: member.gpu },
          'the worker of a GPU does not take its configuration or models: all stop',
        );
        stop.begin({ reason: 'configuration' });
      }
      return end;
    }),
  );
  if (ends.includes(refusedExitCode)) return refusedExitCode;
  return ends.every((end) => end === 0) ? 0 : 1;
}
