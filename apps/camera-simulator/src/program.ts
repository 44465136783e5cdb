import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Camera, createCameras } from './cameras.ts';
import { writeDataset } from './dataset.ts';
import { SimulatorError } from './errors.ts';
import { type FrameSource, filmSource, sceneSource } from './frame-source.ts';
import { createManifest } from './manifest.ts';
import { defaultArguments, parseDatasetOptions, parseOptions, type SimulatorOptions } from './options.ts';
import { loadFilms } from './pictures.ts';
import { createProgress, describeSummary } from './progress.ts';
import { createRedisWriter } from './redis-writer.ts';
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

async function run(options: SimulatorOptions, signal: AbortSignal): Promise<Summary> {
  const cameras = createCameras(options.cameras, options.types);
  const source = await createSource(options, cameras);
  const schedule = createSchedule(options);
  await using writer = await createRedisWriter(options.redis, options);
  const manifest = options.manifest === undefined ? undefined : await createManifest(options.manifest);
  const progress = createProgress(process.stderr, schedule.framesPerCamera * cameras.length);
  let failing = '';
  const summary = await simulate({
    cameras,
    source,
    schedule,
    writer,
    manifest,
    corruptRate: options.corruptRate,
    seed: options.seed,
    signal,
    onProgress: progress.show,
    onWriteError(reason) {
      // Said when it begins and when it changes: an outage is not worth a line for each frame.
      if (reason !== failing) progress.say(`${name}: frame not written: ${reason}`);
      failing = reason;
    },
  });
  progress.end();
  await manifest?.close();
  return summary;
}

async function main(): Promise<void> {
  const program = createProgram();
  addDatasetCommand(program);
  const signal = stopSignal();
  program.action(() => play(program.opts(), signal));
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    for (const line of error.message.split('\n')) process.stderr.write(`${name}: ${line}\n`);
    process.exitCode = 1;
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

async function play(values: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
  const redis = process.env['REDIS_URL'] ?? defaultArguments.redis;
  const options = parseOptions({ redis, ...values });
  const summary = await run(options, signal);
  process.stdout.write(`${options.json ? JSON.stringify(summary) : describeSummary(summary)}\n`);
  if (summary.write_errors > 0) {
    throw new SimulatorError('write_failed', `${summary.write_errors} frames could not be written to Redis`);
  }
}

await main();
