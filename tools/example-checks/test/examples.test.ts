import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DetectionEvent, parseDetectionEvent, parseFrameEntry } from '@trinetra/contracts';
import { createKafkaSink } from '@trinetra/kafka-sink';
import {
  canRunKafka,
  type LocalKafka,
  type LocalRedis,
  startKafka,
  startRedis,
} from '@trinetra/local-servers';
import { collect, demoModels, type Running } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createScene } from '../../../apps/camera-simulator/src/scene/index.ts';
import { installExamples, node, typeCheck } from '../src/installed-examples.ts';

const examples = ['audio-batcher', 'embed-folder', 'identity-resolver', 'stream-ingestor'] as const;
type Example = (typeof examples)[number];
const canKafka = await canRunKafka();
const soon = { timeout: 60_000, interval: 20 } as const;

let folder: string;
let redis: LocalRedis;
let client: Redis;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-examples-'));
  redis = await startRedis();
  client = new Redis(redis.url);
  client.on('error', () => undefined); // Redis is killed on the way
  await installExamples(examples, folder);
});
afterAll(async () => {
  client?.disconnect();
  await redis?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A JPEG of a generated scene with a person who looks into the camera. */
async function sceneJpeg(): Promise<Buffer> {
  const scene = createScene({ seed: 5, camera: 0, cameraType: 'face_capture', identities: [0, 1], crowd: 1 });
  return scene.frame(3.7).canvas.encode('jpeg', 90);
}

/** Runs an example as its README says. */
function start(example: Example, env: Readonly<Record<string, string>>): Running {
  const program = collect(
    spawn(node, ['main.ts'], {
      cwd: join(folder, example),
      env: { PATH: process.env['PATH'], REDIS_URL: redis.url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  onTestFinished(() => void program.child.kill('SIGKILL'));
  return program;
}

/** Asks a program to stop; gives how it ended. */
async function stop({ child, ended }: Running): Promise<{ code: number | null; stderr: string }> {
  child.kill('SIGTERM');
  return ended;
}

interface Line {
  readonly [name: string]: unknown;
}
const linesOf = (program: Running): Line[] =>
  program
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** Waits for so many lines on standard output; a program that ends before says why. */
async function lines(program: Running, count: number): Promise<Line[]> {
  await vi.waitFor(() => {
    if (program.child.exitCode !== null) throw new Error(`it ended: ${program.stderr()}`);
    expect(linesOf(program).length, program.stderr()).toBeGreaterThanOrEqual(count);
  }, soon);
  return linesOf(program);
}

const saysSoon = (program: Running, text: string | RegExp, times = 1): Promise<void> =>
  vi.waitFor(() => expect(program.stderr().split(text).length - 1).toBeGreaterThanOrEqual(times), soon);

it.each(examples)('%s has the types of the packages', async (example) => {
  expect(await typeCheck(join(folder, example))).toBe('');
});

describe('audio-batcher', () => {
  const rate = 16_000;
  const pcm = (loudness: number): Buffer => {
    const samples = Int16Array.from({ length: rate / 10 }, (_, at) => (at % 20 < 10 ? loudness : -loudness));
    return Buffer.from(samples.buffer);
  };
  const add = (microphone: string, bytes: Buffer) =>
    client.xadd(`audio:${microphone}`, '*', 'rate', rate, 'pcm', bytes);

  it('batches chunks by count and time, settles each with its outcome, and hands back on SIGTERM', async () => {
    for (let at = 0; at < 10; at += 1) {
      await add('counter', pcm(16_384));
      await add('door', pcm(1));
    }
    await client.xadd('audio:door', '*', 'rate', 'fast', 'pcm', 'x');
    const program = start('audio-batcher', { BATCH_SIZE: '8', MAX_DELAY_MS: '1000' });
    const found = await lines(program, 20);
    expect(Math.max(...found.map(({ batch }) => Number(batch)))).toBe(8);
    expect(found.find(({ stream }) => stream === 'audio:counter')?.['dbfs']).toBeCloseTo(-6.02, 2);
    await saysSoon(program, 'expected the fields pcm');
    await add('door', pcm(1)); // alone: sent after its time
    expect((await lines(program, 21)).at(-1)).toMatchObject({ stream: 'audio:door', batch: 1 });
    const { code, stderr } = await stop(program);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('audio:counter {"voice":10,"silent":0,"unreadable":0,');
    expect(stderr).toContain('audio:door {"voice":0,"silent":11,"unreadable":1,');
    for (const stream of ['audio:counter', 'audio:door'])
      expect(await client.xpending(stream, 'audio-batchers')).toEqual([0, null, null, null]);
  });
});

describe('embed-folder', () => {
  it('prints an event for each picture of a folder, and names those that are none', async () => {
    const photos = join(folder, 'photos');
    await writeFiles(join(photos, 'inner'), { 'scene.jpg': await sceneJpeg() });
    await writeFiles(photos, { 'torn.jpg': 'no picture', 'notes.txt': 'none' });
    const { YOLO_ENGINE_PATH = '', FACE_MODEL_PATH = '', ARCFACE_ENGINE_PATH = '' } = demoModels();
    const { ended } = start('embed-folder', {
      PHOTOS: photos,
      DETECTOR: YOLO_ENGINE_PATH,
      FACES: FACE_MODEL_PATH,
      EMBEDDER: ARCFACE_ENGINE_PATH,
    });
    const { code, stdout, stderr } = await ended;
    expect(stderr).toMatch(/torn\.jpg: .+\n1 of 2 pictures\n$/);
    expect(code).toBe(1);
    const event = parseDetectionEvent(stdout);
    expect(event).toMatchObject({ frame_id: 'inner/scene.jpg', camera_id: 'photos', status: 'ok' });
    expect(event.embeddings[0]).toHaveLength(512);
  });
});

describe('stream-ingestor', () => {
  const stream = 'frames:cam_01';

  it('writes frames that the worker takes, slower while nobody reads, and goes on after Redis was away', async () => {
    const frames = join(folder, 'frames');
    await writeFiles(frames, { 'a.jpg': '\xff\xd8 one', 'b.JPG': '\xff\xd8 two', 'notes.txt': 'none' });
    const program = start('stream-ingestor', { FRAMES: frames, FRAMES_PER_SECOND: '200', MAXLEN: '20' });
    await saysSoon(program, ' 25.0 frames a second now'); // an eighth
    const entries = await client.xrangeBuffer(stream, '-', '+', 'COUNT', 2);
    const parsed = entries.map(([id, fields]) => parseFrameEntry(stream, String(id), fields));
    expect(parsed).toMatchObject([
      { ok: true, entry: { cameraId: 'cam_01', cameraType: 'entrance' } },
      { ok: true, entry: { cameraId: 'cam_01' } },
    ]);
    // The first one went while the connection was opened.
    expect(parsed.map((one) => one.ok && String(one.entry.frame)).toSorted()).toEqual([
      String(Buffer.from('\xff\xd8 one')),
      String(Buffer.from('\xff\xd8 two')),
    ]);
    const reader = setInterval(() => void client.xtrim(stream, 'MAXLEN', 0).catch(() => undefined), 5);
    onTestFinished(() => clearInterval(reader));
    await saysSoon(program, ' 200.0 frames a second now');
    await redis.kill();
    await saysSoon(program, 'Redis is away, frames are dropped');
    clearInterval(reader);
    await redis.restart();
    await saysSoon(program, 'Redis is there', 2);
    await vi.waitFor(async () => expect(await client.xlen(stream)).toBeGreaterThan(0), soon);
    const { code, stderr } = await stop(program);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/\d+ frames written, [1-9]\d* dropped\n$/);
  });

  it('says what it wants where the folder has no picture', async () => {
    const { ended } = start('stream-ingestor', { FRAMES: join(folder, 'stream-ingestor') });
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('FRAMES: expected a folder with JPEG files');
  });
});

async function writeFiles(path: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const [name, data] of Object.entries(files)) await writeFile(join(path, name), data);
}

describe.skipIf(!canKafka.ok)('identity-resolver (needs Java and Maven)', () => {
  const topic = 'trinetra.detections';
  let kafka: LocalKafka;
  beforeAll(async () => {
    kafka = await startKafka({ topic });
  });
  afterAll(() => kafka?.close());

  /** An embedding of a person; those of one are alike, those of two are not. */
  function embeddingOf(person: number, picture: number): number[] {
    const wave = (of: number, at: number): number => Math.sin((at + 1) * (1 + of / 7));
    const mixed = Array.from({ length: 512 }, (_, at) => wave(person, at) + 0.3 * wave(100 + picture, at));
    const length = Math.hypot(...mixed);
    return mixed.map((value) => value / length);
  }
  const eventOf = (frame: number, person: number, space = 'model-a'): DetectionEvent => ({
    schema_version: 1,
    frame_id: `${frame}-0`,
    camera_id: `cam_${frame % 3}`,
    camera_type: 'entrance',
    ingest_ts: 1771840000,
    worker_ts: 1771840000,
    worker_id: 'worker-1',
    status: 'ok',
    reasons: [],
    embedding_space: space,
    detections: [{ track_id: 0, bbox: [0.1, 0.2, 0.3, 0.9], confidence: 0.9, class_id: 0 }],
    embeddings: [embeddingOf(person, frame)],
  });

  it('knows a person again in other cameras, within one space and its bound, whatever else the topic holds', async () => {
    const sink = await createKafkaSink({ brokers: kafka.brokers, topic }); // LZ4
    const junk = await createKafkaSink({
      brokers: kafka.brokers,
      topic,
      key: () => 'cam_0',
      encode: ({ value }: { readonly value: string | null }) => ({ value }),
    });
    const program = start('identity-resolver', {
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(),
      GALLERY_SIZE: '2',
    });
    let count = 0;
    /** Publishes an event and gives the line that it led to. */
    const seen = async (event: DetectionEvent): Promise<Line | undefined> => {
      expect(await sink.write([event])).toMatchObject([{ ok: true }]);
      count += 1;
      return (await lines(program, count)).at(-1);
    };
    expect(await seen(eventOf(1, 1))).toMatchObject({ identity: 'person-1', similarity: null });
    const again = await seen(eventOf(2, 1));
    expect(again).toMatchObject({ identity: 'person-1', camera_id: 'cam_2', bbox: [0.1, 0.2, 0.3, 0.9] });
    expect(Number(again?.['similarity'])).toBeGreaterThan(0.5);
    expect(await seen(eventOf(3, 2))).toMatchObject({ identity: 'person-2', camera_id: 'cam_0' });

    // A frame that comes twice, messages that are no events, and embeddings of another model: no line.
    await sink.write([eventOf(3, 2)]);
    await junk.write([{ value: '{"schema_version":1' }, { value: null }, { value: '{"schema_version":7}' }]);
    await sink.write([eventOf(6, 1, 'model-b'), eventOf(9, 1, 'model-b')]);
    expect(await seen(eventOf(12, 1))).toMatchObject({ identity: 'person-1', frame_id: '12-0' });
    await saysSoon(program, ' is skipped: ', 3);
    await saysSoon(program, 'Embeddings of the space model-b are skipped');

    // Of three persons it keeps two: the one seen longest ago is a new one now.
    expect(await seen(eventOf(15, 3))).toMatchObject({ identity: 'person-3' });
    expect(await seen(eventOf(18, 2))).toMatchObject({ identity: 'person-4', similarity: null });
    await Promise.all([sink.close(), junk.close()]);
    const { code, stderr } = await stop(program);
    expect(code, stderr).toBe(0);
    expect(stderr.match(/ is skipped: /g)).toHaveLength(3);
    expect(stderr.match(/Embeddings of the space model-b/g)).toHaveLength(1);
  });
});
