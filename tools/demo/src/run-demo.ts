import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorText } from '@trinetra/contracts';
import { canRunKafka, startKafka, startRedis } from '@trinetra/local-servers';
import { planAspects } from './camera-aspects.ts';
import { hasFonts, writeContactSheet } from './contact-sheet.ts';
import { countPending } from './count-pending.ts';
import { DemoError } from './errors.ts';
import { type EventReader, readFromKafka, readFromNdjson } from './event-reader.ts';
import { explainDrops, explainOverload } from './explain.ts';
import { findInputs, type Inputs } from './find-inputs.ts';
import { createLedger } from './ledger.ts';
import { isMeasured, measureCapacity, prepareBurst } from './measure-capacity.ts';
import { type DemoOptions, demoModels } from './options.ts';
import { decidePace, type Pace } from './pace.ts';
import { plural } from './plural.ts';
import { replay } from './replay.ts';
import type { Screen } from './screen.ts';
import type { Summary } from './summary.ts';
import { type Agreement, judge } from './truth.ts';
import { startWorker } from './worker.ts';

/** Environment variables of the user's embedder, as for the worker. */
export const toldOfEmbedder: Readonly<Record<string, string>> = Object.fromEntries(
  ['ARCFACE_INPUT', 'ARCFACE_PROOF'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** Results of the demo; its JSON line. */
export interface DemoResult extends Summary, Partial<Agreement> {
  /** Frames not acked when the worker ended. */
  readonly pending: number;
  readonly sink: 'kafka' | 'ndjson';
  /** Path of the PNG. */
  readonly contact_sheet: string;
  /** Frames per second of each camera. */
  readonly fps: number;
  /** Measured capacity of the machine, frames/s; null with `--fps`. */
  readonly capacity_fps: number | null;
  /** Whether the cameras sent more than the worker served. */
  readonly overloaded: boolean;
  /** Sentences for people: overload, and what was dropped and why. */
  readonly notes: readonly string[];
  /** From the first frame until every frame was accounted for, or nothing changed any more. */
  readonly seconds: number;
}

const topic = 'trinetra.detections';
const consumerGroup = 'inference-workers';
/** As the ingestor trims its streams. */
const maxlen = 100;
/** The worker's default is 9.5 s to finish what is in flight. */
export const stopLimitMs = 12_000;

/** Where events go. */
export interface Sink {
  readonly kind: 'kafka' | 'ndjson';
  readonly env: Readonly<Record<string, string>>;
  readonly reader: EventReader;
}

/** A server's message, without its stack. */
export function notStarted(cause: unknown): never {
  throw new DemoError('not_started', errorText(cause), { cause });
}

/** Starts Kafka if requested and available; else uses a file. */
export async function startSink(
  wanted: Sink['kind'],
  folder: string,
  stack: AsyncDisposableStack,
  screen: Screen,
): Promise<Sink> {
  const kafka = wanted === 'kafka' ? await canRunKafka() : undefined;
  if (kafka?.ok === true) {
    const server = await startKafka({ topic, partitions: 8 }).catch(notStarted);
    stack.defer(() => server.close());
    const reader = stack.use(await readFromKafka(server.brokers, topic));
    screen.say(`Kafka is at ${server.brokers.join(',')}, topic ${topic}.`);
    return {
      kind: 'kafka',
      env: { KAFKA_BOOTSTRAP_SERVERS: server.brokers.join(','), SINK: 'kafka' },
      reader,
    };
  }
  if (kafka !== undefined) {
    screen.say(
      `There is no Kafka here, so events go to an NDJSON file instead: ${kafka.reason.trim().split('\n')[0]}`,
    );
  }
  const path = join(folder, 'events.ndjson');
  return { kind: 'ndjson', env: { SINK: `ndjson:${path}` }, reader: stack.use(readFromNdjson(path)) };
}

function sayInputs({ models, modelNotes, pictures }: Inputs, screen: Screen): void {
  const { detector } = models;
  screen.say(`Models: ${modelNotes.join('; ')}.`);
  screen.say(`Frames: ${pictures === undefined ? 'generated shop scenes' : plural(pictures, 'picture')}.`);
  if (pictures !== undefined && dirname(detector) === demoModels) {
    screen.say(
      'The demo models know generated scenes only: give --models DIR for real pictures (see the README).',
    );
  }
}

/** The rate of the cameras: as given, else by the machine's capacity. */
function paceOf({ fps, cameras, seconds }: DemoOptions, capacity = 0): Pace {
  if (fps === undefined) return decidePace(capacity, cameras, seconds);
  const note = `${plural(cameras, 'camera')} send${cameras === 1 ? 's' : ''} ${fps} frames a second${cameras === 1 ? '' : ' each'} for ${seconds} s.`;
  return { fps, note };
}

/**
 * Runs the whole path: servers, worker, cameras; reads the events back and accounts for every frame.
 * Stops everything that it started when it returns or throws.
 *
 * @throws {DemoError} if the inputs are not usable or a process does not start.
 */
export async function runDemo(options: DemoOptions, screen: Screen): Promise<DemoResult> {
  const inputs = await findInputs(options);
  const aspects = await planAspects(options.frames, options.cameras);
  sayInputs(inputs, screen);
  if (aspects.note !== undefined) screen.say(aspects.note);
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-demo-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  stack.defer(removeFolder);
  // A signal ends the process without unwinding.
  process.once('exit', removeFolder);
  const servers = options.sink === 'kafka' ? 'Redis, Kafka (downloaded the first time)' : 'Redis';
  screen.say(`Starting ${servers} and the worker ...`);
  const redis = await startRedis().catch(notStarted);
  stack.defer(() => redis.close());
  const sink = await startSink(options.sink === 'ndjson' ? 'ndjson' : 'kafka', folder, stack, screen);
  const burst =
    options.fps === undefined ? await prepareBurst({ ...options, redisUrl: redis.url }) : undefined;
  const worker = await startWorker({
    ...sink.env,
    ...aspects.env,
    REDIS_URL: redis.url,
    YOLO_ENGINE_PATH: inputs.models.detector,
    FACE_MODEL_PATH: inputs.models.face,
    ARCFACE_ENGINE_PATH: inputs.models.embedder,
    ...toldOfEmbedder,
    CONSUMER_NAME: 'trinetra-demo',
    CONSUMER_GROUP: consumerGroup,
  });
  stack.defer(() => worker.program.stop(stopLimitMs));
  const capacity =
    burst === undefined
      ? undefined
      : await measureCapacity({ redisUrl: redis.url, burst, worker, reader: sink.reader });
  const { fps, note } = paceOf(options, capacity);
  screen.say(`The worker is ready. ${note}`);
  const ledger = createLedger(maxlen, isMeasured);
  screen.say(`Watch it live: ${worker.pageUrl} (faces are blurred; --seconds 300 gives more time to look).`);
  const { seconds, camerasEnd } = await replay({
    options,
    fps,
    cameraFlags: aspects.flags,
    redisUrl: redis.url,
    maxlen,
    folder,
    worker,
    ledger,
    sink,
    screen,
  });
  await worker.program.stop(stopLimitMs);
  for (const event of await sink.reader.drain()) ledger.received(event);
  const summary = ledger.summary();
  const pending = await countPending(redis.url, consumerGroup, ledger.cameras());
  if (summary.unexplained > 0 || !worker.program.succeeded()) {
    screen.say(`The worker ended with ${worker.program.ended()}:\n${worker.program.lastLines(15)}`);
  }
  await writeContactSheet(options.output, ledger.findings(), options.frames);
  if (!hasFonts()) {
    screen.say('No font is installed, so the contact sheet has no text: apt-get install fonts-dejavu-core.');
  }
  const overload = explainOverload(camerasEnd, summary, {
    asked: fps * options.cameras,
    chosen: options.fps !== undefined,
  });
  return {
    ...summary,
    ...judge(ledger.judged()),
    pending,
    fps,
    capacity_fps: capacity === undefined ? null : Math.round(capacity * 10) / 10,
    overloaded: overload !== undefined,
    notes: [overload, explainDrops(summary.dropped)].filter((text) => text !== undefined),
    sink: sink.kind,
    contact_sheet: options.output,
    seconds,
  };
}
