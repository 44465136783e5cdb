import { createLogger } from '@trinetra/telemetry';
import { type Command, InvalidArgumentError } from 'commander';
import { exitCodeOf } from './exit-code.ts';
import { selftest } from './selftest.ts';
import type { Settings } from './settings.ts';

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 600) return seconds;
  throw new InvalidArgumentError('expected a number in 1..600');
}

/** Adds `selftest` to the worker's command. */
export function addSelftestCommand(
  program: Command,
  readConfig: () => Settings | undefined,
  version: string,
): void {
  program
    .command('selftest')
    .description(
      'loads, proves and times the models that the environment names, and prints a report to send back',
    )
    .option('-o, --output <file>', 'write the report here, too')
    .option('--seconds <number>', 'how long each stage is run, 1..600', secondsOf, 10)
    .action(async ({ output, seconds }: { output?: string; seconds: number }) => {
      const config = readConfig();
      if (config === undefined) return;
      const logger = createLogger({ level: config.LOG_LEVEL, name: 'trinetra-selftest' });
      try {
        process.exitCode = (await selftest({ config, version, logger, seconds, output })) ? 0 : 1;
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = exitCodeOf(error);
      }
    });
}
