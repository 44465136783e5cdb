import { printable } from '@trinetra/contracts';
import { stopOnSignals, versionOf } from '@trinetra/program';
import { Command } from 'commander';
import { addCaptureCommand } from './capture/capture-command.ts';
import { parseCaptureOptions } from './capture/capture-options.ts';
import { runCapture } from './capture/run-capture.ts';
import type { CommandRun } from './command-run.ts';
import { addDiffCommand } from './diff/diff-command.ts';
import { parseDiffOptions } from './diff/diff-options.ts';
import { runDiff } from './diff/run-diff.ts';
import { ViewerError } from './errors.ts';
import { parseOptions } from './options.ts';
import { run } from './run.ts';

const name = 'trinetra-events';

function complain(message: string): void {
  for (const line of message.split('\n')) process.stderr.write(`${name}: ${printable(line)}\n`);
}

const notes = `
Kafka is reached as the worker reaches it: KAFKA_BOOTSTRAP_SERVERS, KAFKA_TOPIC, KAFKA_TLS, KAFKA_CA_FILE,
KAFKA_SASL_MECHANISM, KAFKA_USERNAME, KAFKA_PASSWORD; Redis with REDIS_USERNAME, REDIS_PASSWORD, REDIS_CA_FILE.

Exit codes: 0 done, 1 something could not be read or written or was no event, 2 bad usage.`;

const streams = { stdin: process.stdin, stdout: process.stdout, complain };

// A reader that stops reading complaints must not end us: `2>&1 | head`.
process.stderr.on('error', () => undefined);

const program = new Command(name)
  .description('Shows the detection events of the inference worker, from Kafka or from an NDJSON file.')
  .version(versionOf(new URL('../package.json', import.meta.url)))
  .option('--file <path>', 'an NDJSON file instead of Kafka, from its beginning; - is standard input')
  .option('--follow', 'with --file: go on with what is appended')
  .option(
    '--brokers <list>',
    'Kafka brokers, comma separated (default: KAFKA_BOOTSTRAP_SERVERS, or localhost:9092)',
  )
  .option('--topic <name>', 'topic (default: KAFKA_TOPIC, or trinetra.detections)')
  .option('--from-beginning', 'from the first event that the topic has; without it from now on')
  .option('--until-end', 'with --from-beginning: end with what the topic has now')
  .option(
    '--group <name>',
    'consumer group to share the events with and to commit positions in (default: none)',
  )
  .option('--camera <glob>', 'only events of these cameras; may be given several times', collect)
  .option('--status <list>', 'only ok, degraded or failed events, comma separated')
  .option('--limit <n>', 'end after so many events')
  .option('--json', 'the event itself, one a line, without its embeddings')
  .option('--embeddings', 'with --json: also the embeddings, which are personal data')
  .option(
    '--stats',
    'a table by camera instead of events, each second on a terminal, once at the end; with --json as JSON',
  )
  .option('--plot <file>', 'at the end draw latency and detections over time, .svg or .png')
  .option('--save-crops <folder>', 'save each person as JPEG, where Redis still has the frame')
  .option('--redis <url>', 'with --save-crops: where the frames are')
  .option('--i-may-store-personal-data', 'with --save-crops: says that you may')
  .addHelpText('after', notes)
  // Commander's message repeats a bad argument.
  .configureOutput({ outputError: (text, write) => write(text.split('\n').map(printable).join('\n')) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  // Options after a command's name belong to it.
  .enablePositionalOptions()
  .action((values: Readonly<Record<string, unknown>>) =>
    execute(() => parseOptions(values, process.env), run),
  );

function collect(pattern: string, earlier: readonly string[] = []): string[] {
  return [...earlier, pattern];
}

/** Parses, works, and ends the process with what `work` returns, or with `unreadable` if the input cannot be read. */
async function execute<T>(
  parse: () => T,
  work: (run: CommandRun<T>) => Promise<number>,
  unreadable: 1 | 2 = 1,
): Promise<void> {
  const stop = stopOnSignals();
  const code = await attempt(() => work({ options: parse(), stop, ...streams }), unreadable);
  // Exit explicitly: after an abort kafkajs may still try to connect.
  process.stdout.write('', () => process.exit(code));
}

async function attempt(work: () => Promise<number>, unreadable: number): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!ViewerError.isInstance(error)) throw error;
    complain(error.message);
    if (error.code === 'invalid_options') return 2;
    return error.code === 'unreadable' ? unreadable : 1;
  }
}

addDiffCommand(program, (sides, values) =>
  execute(() => parseDiffOptions(sides, values, process.env), runDiff, 2),
);

addCaptureCommand(program, collect, (values) =>
  execute(() => parseCaptureOptions(values, process.env), runCapture),
);

await program.parseAsync();
