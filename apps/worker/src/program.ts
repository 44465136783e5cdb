import { fileURLToPath } from 'node:url';
import { addDeadLetterCommands } from '@trinetra/dead-letters';
import { ConfigError, describeSettings, mistypedVariables } from '@trinetra/env-settings';
import { letHeapGrow } from '@trinetra/person-pipeline';
import { allowNoReader, exitCodeOf, versionOf } from '@trinetra/program';
import { createLogger } from '@trinetra/telemetry';
import { Command, Option } from 'commander';
import { checkFiles, parseConfig, printConfig, unknownVariable } from './config.ts';
import { tellFatal } from './fatal-error.ts';
import { runGpuFleet } from './fleet/gpu-fleet.ts';
import { checkFleetEnvironment, type GpuChoice, gpuChoice } from './fleet/gpus.ts';
import { linkToFleet } from './fleet/link.ts';
import { settings } from './settings.ts';
import { stopOnSignals } from './stop-signals.ts';
import { runWorker } from './worker.ts';

const version = versionOf(new URL('../package.json', import.meta.url));

/** What starts this program. */
const main = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url),
);

/** What `action` gives; undefined, and says why, where the configuration is not valid. */
function orConfigError<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    process.stderr.write(`${error.message}\nSee trinetra-worker --help for every variable.\n`);
    process.exitCode = exitCodeOf(error);
    return undefined;
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
addDeadLetterCommands(program, () => orConfigError(() => parseConfig(process.env)));
for (const name of ['selftest', 'bench']) {
  program
    .command(name, { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => program.error(`error: run trinetra-models ${name}: that program has this command`));
}

await program.parseAsync();
