import type { Command } from 'commander';

const notes = `
Reads beside the worker, without its consumer group: nothing is acked, deleted or held up. Frames are personal data: only
you can read the folder. Exit codes: 0 done, 1 something could not be read or written, 2 bad usage.`;

/** Adds `capture`: records frames from Redis, to be replayed by the camera simulator. */
export function addCaptureCommand(
  program: Command,
  collect: (value: string, earlier?: readonly string[]) => string[],
  action: (values: Readonly<Record<string, unknown>>) => Promise<void>,
): void {
  program
    .command('capture')
    .description('Records frames from Redis into a folder, which npm run cameras -- --replay plays.')
    .requiredOption('--output <folder>', 'where to: a new or an empty folder')
    .option('--redis <url>', 'where the frames are (default: REDIS_URL, or redis://localhost:6379)')
    .option('--camera <glob>', 'only these cameras; may be given several times', collect)
    .option('--seconds <s>', 'end after so long')
    .option('--frames <n>', 'end after so many frames')
    .option('--max-bytes <size>', 'end before the folder takes more, such as 500MB (default: 1GB)')
    .option('--every <n>', 'of each camera one frame of so many (default: 1)')
    .option('--from-beginning', 'begin with what the streams hold; without it with what comes now')
    .addHelpText('after', notes)
    .action(action);
}
