import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Camera, createCameras } from './cameras.ts';
import { writeDataset } from './dataset.ts';
import { SimulatorError } from './errors.ts';
import { type FrameSource, filmSource, sceneSource } from './frame-source.ts';
import { createManifest, type Manifest } from './manifest.ts';
import {
  defaultArguments,
  type PlaybackOptions,
  parseDatasetOptions,
  parseOptions,
  parsePlaybackOptions,
  type SimulatorOptions,
} from './options.ts';
import { loadFilms } from './pictures.ts';
import { createProgress, describeSummary } from './progress.ts';
import { readRecording } from './recording.ts';
import { createRedisWriter, type RedisWriter } from './redis-writer.ts';
import { replay } from './replay.ts';
import { createSchedule } from './schedule.ts';
import { type Summary, simulate } from './simulate.ts';

const name = 'trinetra-camera-simulator';

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return version ? String(manifest.version) : 'unknown';
}

function createProgram(): Command {
  const defaults = defaultArguments;
  return (
    new Command(name)
      .description(
        'Plays generated scenes, or a folder of pictures, as N cameras at F frames per second, as the ingestor writes them.',
      )
      .version(readVersion())
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
      .option(
        '--frames <folder>',
        'folder of .jpg, .png and .webp pictures, or of such folders: one film each (default: generated scenes)',
      )
      // Not given to commander as a default: --help would print the password that REDIS_URL may hold.
      .option('--redis <url>', `where to write (default: REDIS_URL, or "${defaults.redis}")`)
      .option('--cameras <n>', 'number of cameras', defaults.cameras)
      .option('--types <list>', 'camera types in turn, which decide on priority (default: all there are)')
      .option('--fps <f>', 'frames per second of each camera', defaults.fps)
      .option('--seconds <s>', 'how long; 0 goes on until a signal', defaults.seconds)
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
      .option('--manifest <file>', 'write a JSON line {camera_id, frame_id, image} for each frame')
      .option('--json', 'end with one JSON line of what was written')
  );
}

/** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  return stop.signal;
}

async function createSource(options: SimulatorOptions, cameras: readonly Camera[]): Promise<FrameSource> {
  const { frames, size, quality, seed, fps } = options;
  if (frames !== undefined)
    return filmSource(await loadFilms(frames, { cameras: cameras.length, size, quality }));
  return sceneSource(cameras, { seed, fps, quality, ...(size === 'original' ? {} : size) });
}

/** What both ways to play need: where to write, and whom to tell. */
interface Stage {
  readonly writer: RedisWriter;
  readonly manifest: Manifest | undefined;
  readonly onProgress: (summary: Summary) => void;
  readonly onWriteError: (reason: string) => void;
}

async function withStage(
  options: Pick<SimulatorOptions, 'redis' | 'manifest'> & { readonly maxlen: number | undefined },
  expectedFrames: number,
  playOn: (stage: Stage) => Promise<Summary>,
): Promise<Summary> {
  await using writer = await createRedisWriter(options.redis, options.maxlen);
  const manifest = options.manifest === undefined ? undefined : await createManifest(options.manifest);
  const progress = createProgress(process.stderr, expectedFrames);
  let failing = '';
  const onWriteError = (reason: string): void => {
    // Said when it begins and when it changes: an outage is not worth a line for each frame.
    if (reason !== failing) progress.say(`${name}: frame not written: ${reason}`);
    failing = reason;
  };
  const summary = await playOn({ writer, manifest, onProgress: progress.show, onWriteError });
  progress.end();
  await manifest?.close();
  return summary;
}

async function playCameras(options: SimulatorOptions, signal: AbortSignal): Promise<Summary> {
  const { corruptRate, seed, sizes } = options;
  const cameras = createCameras(options.cameras, options.types);
  const source = await createSource(options, cameras);
  const schedule = createSchedule(options);
  return withStage(options, schedule.framesPerCamera * cameras.length, (stage) =>
    simulate({ ...stage, cameras, source, schedule, sizes, corruptRate, seed, signal }),
  );
}

async function playRecording(options: PlaybackOptions, signal: AbortSignal): Promise<Summary> {
  const { speed, timestamps } = options;
  const recording = await readRecording(options.replay);
  return withStage(options, recording.entries.length, (stage) =>
    replay({ ...stage, recording, speed, timestamps, signal }),
  );
}

async function main(): Promise<void> {
  const program = createProgram();
  addDatasetCommand(program);
  const signal = stopSignal();
  program.action(() => play(program, signal));
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    for (const line of error.message.split('\n')) process.stderr.write(`${name}: ${line}\n`);
    process.exitCode = ['bad_options', 'no_pictures', 'bad_recording'].includes(error.code) ? 2 : 1;
  }
}

function addDatasetCommand(program: Command): void {
  program
    .command('dataset')
    .description('write generated scenes and their truth, for training and measuring models')
    .requiredOption('--out <folder>', 'where to')
    .option('--count <n>', 'pictures', '1000')
    .option('--seed <n>', 'another seed, other scenes', '1')
    .option('--identities <a-b>', 'numbers of the people, from a to before b', '1000-1600')
    .action(async (values: Readonly<Record<string, string>>) => writeDataset(parseDatasetOptions(values)));
}

async function play(program: Command, signal: AbortSignal): Promise<void> {
  const redis = process.env['REDIS_URL'] ?? defaultArguments.redis;
  const values: Readonly<Record<string, unknown>> = { redis, ...program.opts() };
  const given = Object.entries(values).filter(([key]) => program.getOptionValueSource(key) === 'cli');
  const isReplay = values['replay'] !== undefined;
  for (const option of ['speed', 'timestamps']) {
    if (isReplay || values[option] === undefined) continue;
    throw new SimulatorError('bad_options', `--${option}: expected --replay FOLDER beside it`);
  }
  const options = isReplay
    ? parsePlaybackOptions({ redis, ...Object.fromEntries(given) })
    : parseOptions(values);
  const summary =
    'replay' in options ? await playRecording(options, signal) : await playCameras(options, signal);
  process.stdout.write(`${options.json ? JSON.stringify(summary) : describeSummary(summary)}\n`);
  if (summary.write_errors > 0) {
    throw new SimulatorError('write_failed', `${summary.write_errors} frames could not be written to Redis`);
  }
}

await main();
