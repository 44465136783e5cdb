import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defined, pause } from '@trinetra/contracts';
import { startRedis } from '@trinetra/local-servers';
import { chooseModels } from '@trinetra/model-roles';
import { startProgram } from './child-process.ts';
import { DemoError } from './errors.ts';
import { simulatorMain } from './measure-capacity.ts';
import { type DemoOptions, demoModels } from './options.ts';
import { notStarted, startSink, stopLimitMs, toldOfEmbedder } from './run-demo.ts';
import type { Screen } from './screen.ts';
import { startWorker, type Worker } from './worker.ts';

/** Frames sent, by the camera simulator, and frames read by the worker; its JSON line. */
export interface WatchResult {
  readonly frames_in: number;
  readonly cameras: Readonly<Record<string, { readonly frames_in: number }>>;
  /** Frames read at the worker's last report. */
  readonly delivered: number;
  readonly sink: DemoOptions['sink'];
}

const pollMs = 500;
/** Frames per second of each camera, as the ingestor sends them. */
const usualFps = 5;

/**
 * Shows the user's cameras on the live page, films again and again, until `stop` or the end of the given time.
 * Stops everything that it started when it returns or throws.
 *
 * @throws {DemoError} `invalid_options` where a source or the models cannot be used, `not_started` where a process fails.
 */
export async function watchCameras(
  options: DemoOptions,
  screen: Screen,
  stop: AbortSignal,
): Promise<WatchResult> {
  const { models, notes } = await chooseModels(options.models);
  screen.say(`Models: ${notes.join('; ')}.`);
  if (dirname(models.detector) === demoModels) {
    screen.say(
      'The demo models know generated scenes only: give --models DIR to see what is found (see the README).',
    );
  }
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-demo-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  screen.say('Starting Redis and the worker ...');
  const redis = await startRedis().catch(notStarted);
  stack.defer(() => redis.close());
  const sink =
    options.sink === 'none'
      ? { kind: 'none' as const, env: { SINK: 'ndjson:/dev/null' } }
      : await startSink(options.sink, folder, stack, screen);
  const worker = await startWorker({
    ...sink.env,
    REDIS_URL: redis.url,
    YOLO_ENGINE_PATH: models.detector,
    FACE_MODEL_PATH: models.face,
    ARCFACE_ENGINE_PATH: models.embedder,
    ...toldOfEmbedder,
  });
  stack.defer(() => worker.program.stop(stopLimitMs));
  const until = options.seconds === 0 ? 'Ctrl-C' : `${options.seconds} s are over`;
  screen.say(`The worker is ready. It is shown until ${until}.`);
  screen.say(`Watch it live: ${worker.pageUrl} (faces are blurred).`);
  const sent = await play(options, redis.url, worker, screen, stop);
  return { ...sent, sink: sink.kind };
}

async function play(
  options: DemoOptions,
  redisUrl: string,
  worker: Worker,
  screen: Screen,
  stop: AbortSignal,
): Promise<Omit<WatchResult, 'sink'>> {
  const { sources, base, fps = usualFps, seconds } = options;
  const flags = [
    '--redis',
    redisUrl,
    '--fps',
    String(fps),
    '--seconds',
    String(seconds),
    '--sizes',
    '--loop',
    '--json',
  ];
  const cameras = startProgram(
    'cameras',
    simulatorMain,
    [...flags, '--', ...sources],
    defined({ FFMPEG: process.env['FFMPEG'] }),
    { cwd: base, onErrorLine: (line) => (stop.aborted ? undefined : screen.say(line)) },
  );
  const startedAt = performance.now();
  let delivered = 0;
  try {
    // Ask the worker once more after the cameras have ended.
    for (let isOver = false; !isOver; ) {
      isOver = cameras.ended() !== undefined || stop.aborted;
      const counters = await worker.counters();
      delivered = sumOf(counters?.delivered) ?? delivered;
      const elapsed = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(3);
      screen.progress(`${elapsed} s: the worker took ${delivered} frames`);
      if (worker.program.ended() !== undefined) {
        const lines = worker.program.lastLines(15);
        throw new DemoError('not_started', `The worker ended with ${worker.program.ended()}:\n${lines}`);
      }
      if (!isOver) await pause(pollMs, stop);
    }
  } finally {
    await cameras.stop(stopLimitMs);
    screen.endProgress();
  }
  const summary = cameras
    .lastLines(10)
    .split('\n')
    .find((line) => line.startsWith('{'));
  // Ctrl-C at a terminal also reaches Redis: a frame under way then is no failure.
  if (summary !== undefined && (cameras.succeeded() || stop.aborted))
    return { ...JSON.parse(summary), delivered };
  if (stop.aborted) return { frames_in: delivered, cameras: {}, delivered };
  // The errors have been printed already, line by line.
  const isInput = cameras.ended() === 'exit code 2';
  throw new DemoError(
    isInput ? 'invalid_options' : 'not_started',
    `The cameras ended with ${cameras.ended()}.`,
  );
}

function sumOf(counts: ReadonlyMap<string, number> | undefined): number | undefined {
  return counts === undefined ? undefined : [...counts.values()].reduce((sum, count) => sum + count, 0);
}
