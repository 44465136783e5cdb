import { cameraIdProblem, errorText, printable } from '@trinetra/contracts';
import { redisConnection } from '@trinetra/env-settings';
import { createDeadLetterStore, type DeadLetterStore } from '@trinetra/redis-batch-source';
import { type Command, InvalidArgumentError } from 'commander';
import { drop, fail, list, replay, show } from './actions.ts';

/** Which Redis, and which streams; as the worker has them. */
type Settings = Parameters<typeof redisConnection>[0] & { readonly STREAM_PATTERN: string };

/** Options of `replay` and `drop`. */
interface Selected {
  readonly all?: true;
  readonly before?: number;
  readonly dryRun?: true;
}

/** `_invalid` holds the dead letters of streams whose names are no camera's. */
function cameraArgument(value: string): string {
  const problem = value === '_invalid' ? undefined : cameraIdProblem(value);
  if (problem === undefined) return value;
  throw new InvalidArgumentError(problem);
}

function idArgument(value: string): string {
  if (/^\d{1,20}-\d{1,20}$/.test(value)) return value;
  throw new InvalidArgumentError('expected one like 1771840000123-0, as `dead-letters ls --camera` shows it');
}

const idArguments = (value: string, ids: readonly string[] = []): string[] => [...ids, idArgument(value)];

function dateArgument(value: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('expected a date like 2026-01-31 or 2026-01-31T18:00:00Z');
}

/** Adds `dead-letters ls|show|replay|drop`; `readConfig` gives undefined where it has complained already. */
export function addDeadLetterCommands(program: Command, readConfig: () => Settings | undefined): void {
  const letters = program
    .command('dead-letters')
    .description('look after frames that were given up after MAX_DELIVERIES deliveries without an outcome')
    // What it says of a bad argument repeats it.
    .configureOutput({
      outputError: (text, write) => write(text.split('\n').map(printable).join('\n')),
    })
    .addHelpText('after', '\nExit codes: 0 done, 1 nothing matched or failed, 2 bad usage.');

  /** Runs one of them; it resolves to whether there was something to do. */
  async function run(work: (store: DeadLetterStore) => Promise<boolean>): Promise<void> {
    const config = readConfig();
    if (config === undefined) return;
    try {
      await using store = await createDeadLetterStore({
        redis: await redisConnection(config),
        streamPattern: config.STREAM_PATTERN,
      });
      if (!(await work(store))) process.exitCode = 1;
    } catch (error) {
      fail(printable(errorText(error)));
      process.exitCode = 1;
    }
  }

  letters
    .command('ls')
    .description('count them by camera; with --camera list each')
    .option('--camera <id>', 'only of this camera, one a line', cameraArgument)
    .option('--json', 'as JSON')
    .action((options: { camera?: string; json?: true }) => run((store) => list(store, options)));

  letters
    .command('show')
    .description('show the fields of one; never the picture')
    .argument('<camera>', 'camera id', cameraArgument)
    .argument('<id>', 'id of the dead letter', idArgument)
    .option('--save-frame <file>', 'write its picture to a new file that only you can read')
    .action((camera: string, id: string, options: { saveFrame?: string }) =>
      run((store) => show(store, { camera, id, ...options })),
    );

  for (const [name, description, work] of [
    ['replay', 'write them back to the end of the stream of the camera', replay],
    ['drop', 'delete them for good', drop],
  ] as const) {
    letters
      .command(name)
      .description(description)
      .argument('<camera>', 'camera id', cameraArgument)
      .argument('[ids...]', 'ids of dead letters', idArguments, [])
      .option('--all', 'all of this camera')
      .option('--before <date>', 'with --all: only those given up before', dateArgument)
      .option('--dry-run', 'only say what would be done')
      .action((camera: string, ids: readonly string[], options: Selected, command: Command) => {
        const { all, before, dryRun = false } = options;
        if ((all === true) === ids.length > 0) command.error('error: expected either ids or --all');
        if (before !== undefined && all !== true) command.error('error: expected --all beside --before');
        const selection = all === true ? { beforeMs: before } : { ids };
        return run((store) => work(store, { camera, selection, dryRun }));
      });
  }
}
