import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@trinetra/telemetry';
import { Command, Option } from 'commander';
import { addBenchCommand } from './bench/bench-command.ts';
import { ConfigError, describeSettings, parseConfig, printConfig } from './config.ts';
import { addDeadLetterCommands } from './dead-letters.ts';
import { runGpuFleet } from './gpu-fleet.ts';
import { checkFleetEnvironment, type GpuChoice, gpuChoice } from './gpu-fleet-gpus.ts';
import { linkToFleet } from './gpu-fleet-link.ts';
import { letHeapGrow } from './heap-growth.ts';
import { addSelftestCommand } from './selftest-command.ts';
import { stopOnSignals } from './stop-signals.ts';
import { runWorker } from './worker.ts';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';

/** What starts this program. */
const main = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url),
);

/** Tells what is wrong with the configuration; throws any other error. */
function tellConfigError(error: unknown): undefined {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\nSee trinetra-worker --help for every variable.\n`);
  process.exitCode = 2;
}

function orConfigError<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    return tellConfigError(error);
  }
}

interface StartOptions {
  readonly gpus?: GpuChoice;
  /** Set by a fleet: the GPU that this worker is for. */
  readonly gpuChild?: string;
}

async function start({ gpus, gpuChild }: StartOptions): Promise<void> {
  const config = orConfigError(() => {
    if (gpus !== undefined) checkFleetEnvironment(process.env);
    return parseConfig(process.env);
  });
  if (config === undefined) return;
  const logger = createLogger({
    level: config.LOG_LEVEL,
    name: 'trinetra-worker',
    workerId: config.CONSUMER_NAME,
  });
  const stop = stopOnSignals(logger);
  try {
    if (gpus !== undefined) {
      const command = [process.execPath, ...process.execArgv, main] as const;
      process.exit(await runGpuFleet({ config, choice: gpus, command, version, logger, stop }));
    }
    letHeapGrow();
    const fleet = gpuChild === undefined ? undefined : linkToFleet(stop);
    await runWorker({ config, version, logger, signal: stop.signal, fleet });
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'worker failed');
    process.exit(1);
  }
}

const program = new Command('trinetra-worker')
  .description('Reads frames from Redis Streams, finds persons and faces, publishes detection events.')
  .version(version)
  .option('--print-config', 'print the configuration in force, secrets masked, and exit')
  .option('--gpus <list>', 'one worker process a GPU: all, or numbers of nvidia-smi like 0,1', gpuChoice)
  .addOption(new Option('--gpu-child <gpu>').hideHelp())
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addHelpText('after', `\nConfigured by the environment:\n${describeSettings()}\n`)
  .action(async (options: StartOptions & { printConfig?: true }) => {
    if (options.printConfig !== true) return start(options);
    const text = orConfigError(() => printConfig(process.env));
    if (text !== undefined) process.stdout.write(`${text}\n`);
    return undefined;
  });

const readConfig = () => orConfigError(() => parseConfig(process.env));
addDeadLetterCommands(program, readConfig);
addSelftestCommand(program, readConfig, version);
addBenchCommand(program, async (action) => {
  letHeapGrow();
  await action().catch(tellConfigError);
});

await program.parseAsync();
