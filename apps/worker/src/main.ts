#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createLogger } from '@trinetra/telemetry';
import { Command } from 'commander';
import { addBenchCommand } from './bench/bench-command.ts';
import { ConfigError, describeSettings, parseConfig, printConfig } from './config.ts';
import { addDeadLetterCommands } from './dead-letters.ts';
import { letHeapGrow } from './heap-growth.ts';
import { addSelftestCommand } from './selftest-command.ts';
import { runWorker } from './worker.ts';

/** Longest time that a stop may take before the process ends with what is left un-acked. */
const shutdownLimitMs = 9_500;

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';

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

async function start(): Promise<void> {
  const config = orConfigError(() => parseConfig(process.env));
  if (config === undefined) return;
  const logger = createLogger({
    level: config.LOG_LEVEL,
    name: 'trinetra-worker',
    workerId: config.CONSUMER_NAME,
  });
  letHeapGrow();
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      logger.warn({ signal: name }, 'second signal: exiting at once, what is in flight stays pending');
      process.exit(1);
    }
    logger.info({ signal: name }, 'stopping: finishing what is in flight');
    controller.abort();
    setTimeout(() => {
      logger.error({}, 'not finished in time: exiting, what is in flight stays pending');
      process.exit(1);
    }, shutdownLimitMs).unref();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    await runWorker({ config, version, logger, signal: controller.signal });
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
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addHelpText('after', `\nConfigured by the environment:\n${describeSettings()}\n`)
  .action(async (options: { printConfig?: true }) => {
    if (options.printConfig !== true) return start();
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
