import { versionOf } from '@trinetra/program';
import { Command } from 'commander';
import { defaultStall } from './feed/options.ts';
import { defaultArguments } from './options.ts';

export const name = 'trinetra-camera-simulator';

/** The options and their help; what is done with them is told later. */
export function createProgram(): Command {
  const defaults = defaultArguments;
  return (
    new Command(name)
      .description(
        'Feeds cameras, streams, films and folders to the worker, or plays generated scenes as N cameras, as the ingestor writes them.',
      )
      .argument(
        '[sources...]',
        'each a camera: rtsp://... and other addresses, a film, a device or a folder of pictures; or NAME=SOURCE (default: generated scenes)',
      )
      .version(versionOf(new URL('../package.json', import.meta.url)))
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
      .option(
        '--frames <folder>',
        'folder of .jpg, .png and .webp pictures, or of such folders: one film each (default: generated scenes)',
      )
      // Not given to commander as a default: --help would print the password that REDIS_URL may hold.
      .option('--redis <url>', `where to write (default: REDIS_URL, or "${defaults.redis}")`)
      .option('--cameras <n>', 'number of cameras', defaults.cameras)
      .option(
        '--types <list>',
        'camera types in turn, which decide on priority (default: all there are; of sources: others)',
      )
      .option(
        '--fps <f>',
        'frames per second of each camera; of sources at most so many (default: as they come)',
        defaults.fps,
      )
      .option(
        '--seconds <s>',
        'how long; 0 goes on until a signal (default of sources: 0, films to their end)',
        defaults.seconds,
      )
      .option('--maxlen <n>', 'trim each stream to about this length', defaults.maxlen)
      .option(
        '--size <size>',
        'WIDTHxHEIGHT to squash to, or original for the bytes of the files',
        defaults.size,
      )
      .option('--sizes', "send width and height of the camera's picture, as the ingestor does not")
      .option('--quality <q>', 'JPEG quality of squashed pictures', defaults.quality)
      .option('--seed <n>', 'makes --corrupt-rate and --jitter repeatable', defaults.seed)
      .option('--corrupt-rate <r>', 'share of frames to damage, 0..1', defaults.corruptRate)
      .option(
        '--jitter <j>',
        'delay frames or bursts by up to this share of the time between two, 0..0.95',
        defaults.jitter,
      )
      .option('--burst <n>', 'frames that a camera sends at once, the rate staying the same', defaults.burst)
      .option('--replay <folder>', 'play a folder of trinetra-events capture instead')
      .option('--speed <x>', 'with --replay: how fast, 1 as it was recorded, or max')
      .option(
        '--timestamps <which>',
        'with --replay: ingest_ts as in the original, or now (default: original)',
      )
      .option('--loop', 'of sources: begin films again where they end')
      .option(
        '--stall <s>',
        `of sources: connect again where no picture came for so long (default: ${defaultStall})`,
      )
      .option('--manifest <file>', 'write a JSON line {camera_id, frame_id, image} for each frame')
      .option('--json', 'end with one JSON line of what was written')
  );
}

/** Adds `dataset`. */
export function addDatasetCommand(
  program: Command,
  action: (values: Readonly<Record<string, string>>) => Promise<void>,
): void {
  program
    .command('dataset')
    .description('write generated scenes and their truth, for training and measuring models')
    .requiredOption('--out <folder>', 'where to')
    .option('--count <n>', 'pictures', '1000')
    .option('--seed <n>', 'another seed, other scenes', '1')
    .option('--identities <a-b>', 'numbers of the people, from a to before b', '1000-1600')
    .action(action);
}
