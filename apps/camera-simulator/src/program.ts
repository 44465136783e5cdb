import { stopOnSignals } from '@trinetra/program';
import type { Command } from 'commander';
import { type Camera, createCameras } from './cameras.ts';
import { addDatasetCommand, createProgram, name } from './command-line.ts';
import { writeDataset } from './dataset.ts';
import { SimulatorError, type SimulatorErrorCode } from './errors.ts';
import { feedCameras } from './feed/feed-cameras.ts';
import { findFfmpeg } from './feed/ffmpeg.ts';
import { camerasOf, type FeedCommandOptions, parseFeedOptions } from './feed/options.ts';
import { readSource, type Source } from './feed/source.ts';
import { type FrameSource, filmSource, sceneSource } from './frame-source.ts';
import { createManifest } from './manifest.ts';
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
import { createRedisWriter } from './redis-writer.ts';
import { replay } from './replay.ts';
import { createSchedule } from './schedule.ts';
import { simulate } from './simulate.ts';
import type { Stage, Summary } from './summary.ts';

/** What was given is at fault: the exit code is 2. */
const usageErrors: readonly SimulatorErrorCode[] = [
  'invalid_options',
  'no_pictures',
  'bad_recording',
  'bad_source',
];
/** Limit of Node's timers: 25 days. */
const longestTimerMs = 2 ** 31 - 1;

async function createSource(options: SimulatorOptions, cameras: readonly Camera[]): Promise<FrameSource> {
  const { frames, size, quality, seed, fps } = options;
  if (frames !== undefined)
    return filmSource(await loadFilms(frames, { cameras: cameras.length, size, quality }));
  return sceneSource(cameras, { seed, fps, quality, ...(size === 'original' ? {} : size) });
}

/** Opens what all ways to play write to. @param playOn Gets `say` for a line for people, too. */
async function withStage(
  options: Pick<PlaybackOptions, 'redis' | 'manifest' | 'maxlen'>,
  expectedFrames: number,
  playOn: (stage: Omit<Stage, 'signal'> & { readonly say: (text: string) => void }) => Promise<Summary>,
): Promise<Summary> {
  await using writer = await createRedisWriter(options.redis, options.maxlen);
  const manifest = options.manifest === undefined ? undefined : await createManifest(options.manifest);
  const progress = createProgress(process.stderr, expectedFrames);
  const say = (text: string): void => progress.say(`${name}: ${text}`);
  let failing = '';
  const onWriteError = (reason: string): void => {
    // One line when it begins and when it changes, not one for each frame.
    if (reason !== failing) say(`frame not written: ${reason}`);
    failing = reason;
  };
  const summary = await playOn({ writer, manifest, onProgress: progress.show, onWriteError, say });
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

async function feedSources(
  texts: readonly string[],
  options: FeedCommandOptions,
  signal: AbortSignal,
): Promise<Summary> {
  const sources: Source[] = [];
  for (const text of texts) sources.push(await readSource(text, process.cwd()));
  const cameras = camerasOf(sources, options.types);
  const needsFfmpeg = sources.some(({ kind }) => kind !== 'folder');
  const ffmpeg = needsFfmpeg ? await findFfmpeg(process.env['FFMPEG'] || undefined) : undefined;
  const { seconds, stall, fps = Number.POSITIVE_INFINITY } = options;
  const end =
    seconds === 0
      ? signal
      : AbortSignal.any([signal, AbortSignal.timeout(Math.min(longestTimerMs, Math.ceil(seconds * 1000)))]);
  // With --fps 0.1 there is a picture every 10 s, and nothing stalls.
  const stallMs = 1000 * (stall + 1 / fps);
  return withStage(options, Number.POSITIVE_INFINITY, ({ say, ...stage }) =>
    feedCameras({ ...options, ...stage, say, ffmpeg, cameras, stallMs, signal: end }),
  );
}

/** @throws {SimulatorError} `source_failed` if a camera gave nothing. */
function requireFrames({ cameras }: Summary): void {
  const silent = Object.keys(cameras).filter((id) => cameras[id]?.frames_in === 0);
  if (silent.length > 0) throw new SimulatorError('source_failed', `${silent.join(', ')}: no frame was sent`);
}

async function main(): Promise<void> {
  const program = createProgram();
  addDatasetCommand(program, (values) => writeDataset(parseDatasetOptions(values)));
  const { signal } = stopOnSignals();
  program.action((sources: readonly string[]) => play(program, sources, signal));
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof SimulatorError)) throw error;
    for (const line of error.message.split('\n')) process.stderr.write(`${name}: ${line}\n`);
    process.exitCode = usageErrors.includes(error.code) ? 2 : 1;
  }
}

async function play(program: Command, sources: readonly string[], signal: AbortSignal): Promise<void> {
  const redis = process.env['REDIS_URL'] ?? defaultArguments.redis;
  const values: Readonly<Record<string, unknown>> = { redis, ...program.opts() };
  const given = Object.fromEntries(
    Object.entries(values).filter(([key]) => key === 'redis' || program.getOptionValueSource(key) === 'cli'),
  );
  if (sources.length > 0) {
    const options = parseFeedOptions(given);
    const summary = await feedSources(sources, options, signal);
    end(summary, options.json);
    return requireFrames(summary);
  }
  const isReplay = values['replay'] !== undefined;
  refuseWithout('a source', given, ['loop', 'stall']);
  if (isReplay) {
    const options = parsePlaybackOptions(given);
    return end(await playRecording(options, signal), options.json);
  }
  refuseWithout('--replay FOLDER', given, ['speed', 'timestamps']);
  const options = parseOptions(values);
  end(await playCameras(options, signal), options.json);
}

function refuseWithout(
  what: string,
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  const lonely = names.find((option) => given[option] !== undefined);
  if (lonely !== undefined)
    throw new SimulatorError('invalid_options', `--${lonely}: expected ${what} beside it`);
}

function end(summary: Summary, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(summary) : describeSummary(summary)}\n`);
  if (summary.write_errors > 0) {
    throw new SimulatorError('write_failed', `${summary.write_errors} frames could not be written to Redis`);
  }
}

await main();
