import type { Command } from 'commander';

const notes = `
Each of A and B is an NDJSON file of events, - for standard input, or kafka:TOPIC, read from its beginning to its
present end. Exit codes: 0 done, 1 past a threshold or something was no event, 2 bad usage, nothing to read or to compare.`;

/** Adds `diff`: what two models, or two versions of the worker, made of the same frames. */
export function addDiffCommand(
  program: Command,
  action: (sides: readonly [string, string], values: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  program
    .command('diff')
    .description('Compares the events of two models or two versions of the worker on the same frames.')
    .argument('<A>', 'events of before: a file, -, or kafka:TOPIC')
    .argument('<B>', 'events to judge: likewise')
    .option('--brokers <list>', 'Kafka brokers (default: KAFKA_BOOTSTRAP_SERVERS, or localhost:9092)')
    .option('--worst <n>', 'frames to show of those that differ most (default: 10)')
    .option('--json', 'one line of JSON')
    .option('--max-lost <share>', 'persons of A that B may lack, such as 1%')
    .option('--max-faces-lost <share>', 'faces of A that B may lack')
    .option('--max-frames-lost <share>', 'frames of A that B may lack')
    .option('--min-iou <x>', 'least overlap of the two boxes of any person')
    .option('--min-cosine <x>', 'least cosine of the two embeddings of any person')
    .option('--max-confidence-shift <x>', 'largest change of the confidence of any person')
    .addHelpText('after', notes)
    .action((a: string, b: string, values: Readonly<Record<string, unknown>>) => action([a, b], values));
}
