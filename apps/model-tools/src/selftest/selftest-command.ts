import { createLogger } from '@trinetra/telemetry';
import { type Command, InvalidArgumentError } from 'commander';
import { parseConfig } from '../config.ts';
import { selftest } from './selftest.ts';

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 600) return seconds;
  throw new InvalidArgumentError('expected a number in 1..600');
}

/** Adds `trinetra-models selftest`: the models that the worker's environment names, proven and timed on this machine. */
export function addSelftestCommand(program: Command, version: string): void {
  program
    .command('selftest')
    .description(
      'loads, proves and times the models that the environment names, and prints a report to send back',
    )
    .option('-o, --output <file>', 'write the report here, too')
    .option('--seconds <number>', 'how long each stage is run, 1..600', secondsOf, 10)
    .action(async ({ output, seconds }: { output?: string; seconds: number }) => {
      const config = parseConfig(process.env);
      const logger = createLogger({ level: config.LOG_LEVEL, name: 'trinetra-selftest' });
      process.exitCode = (await selftest({ config, version, logger, seconds, output })) ? 0 : 1;
    });
}
