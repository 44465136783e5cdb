import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TrinetraError } from '@trinetra/contracts';
import { describeSettings, mistypedVariables } from '@trinetra/env-settings';
import { createLogger } from '@trinetra/telemetry';
import { Command, Option } from 'commander';
import { allowNoReader } from './allow-no-reader.ts';
import { addBenchCommand } from './bench/bench-command.ts';
import { ConfigError, checkFiles, parseConfig, printConfig, unknownVariable } from './config.ts';
import { addDeadLetterCommands } from './dead-letters.ts';
import { exitCodeOf } from './exit-code.ts';
import { tellFatal } from './fatal-error.ts';
import { runGpuFleet } from './fleet/gpu-fleet.ts';
import { checkFleetEnvironment, type GpuChoice, gpuChoice } from './fleet/gpus.ts';
import { linkToFleet } from './fleet/link.ts';
import { letHeapGrow } from './heap-growth.ts';
import { addSelftestCommand } from './selftest-command.ts';
import { settings } from './settings.ts';
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

/** Tells an error of our own in its sentence; throws any other. */
function tellError(error: unknown): undefined {
  if (!TrinetraError.isInstance(error)) throw error;
  const more = error instanceof ConfigError ? 'See trinetra-worker --help for every variable.\n' : '';
  process.stderr.write(`${error.message}\n${more}`);
  process.exitCode = exitCodeOf(error);
}

function orConfigError<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    return tellError(error);
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
  if (gpuChild === undefined) {
    for (const { name, meant } of mistypedVariables(settings, process.env)) {
      logger.warn({ variable: name, meant }, unknownVariable(name, meant));
    }
  }
  const stop = stopOnSignals(logger, config.STOP_TIMEOUT_MS);
  try {
    if (gpus !== undefined) {
      const command = [process.execPath, ...process.execArgv, main] as const;
      process.exit(await runGpuFleet({ config, choice: gpus, command, version, logger, stop }));
    }
    await checkFiles(config);
    letHeapGrow();
    const fleet = gpuChild === undefined ? undefined : linkToFleet(stop);
    await runWorker({ config, version, logger, signal: stop.signal, fleet });
    process.exit(0);
  } catch (error) {
    tellFatal(error, logger, process.stderr.isTTY);
    process.exit(exitCodeOf(error));
  }
}

const program = new Command('trinetra-worker')
  .description('Reads frames from Redis Streams, finds persons and faces, publishes detection events.')
  .version(version)
  .option('--print-config', 'print the configuration in force, secrets masked, and exit')
  .option('--gpus <list>', 'one worker process a GPU: all, or numbers of nvidia-smi like 0,1', gpuChoice)
  .addOption(new Option('--gpu-child <gpu>').hideHelp())
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addHelpText('after', `\nConfigured by the environment:\n${describeSettings(settings)}\n`)
  .action(async (options: StartOptions & { printConfig?: true }) => {
    if (options.printConfig !== true) return start(options);
    allowNoReader();
    const text = orConfigError(() => printConfig(process.env));
    if (text !== undefined) process.stdout.write(`${text}\n`);
    for (const { name, meant } of mistypedVariables(settings, process.env)) {
      process.stderr.write(`warning: ${unknownVariable(name, meant)}\n`);
    }
    return undefined;
  });

program.hook('preSubcommand', allowNoReader);
const readConfig = () => orConfigError(() => parseConfig(process.env));
addDeadLetterCommands(program, readConfig);
addSelftestCommand(program, readConfig, version);
addBenchCommand(program, async (action) => {
  letHeapGrow();
  await action().catch(tellError);
});

await program.parseAsync();
