import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeDetectionEvent } from '@trinetra/contracts';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { detectionEvent } from '../test/events.ts';
import { createNdjsonSink } from './ndjson-sink.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-ndjson-'));
  path = join(folder, 'events.ndjson');
});
afterEach(() => rm(folder, { recursive: true }));

const frameIds = async (): Promise<string[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).frame_id);

it('has the lines in the file when the write resolves: the bytes of the Kafka message and a newline', async () => {
  await using sink = createNdjsonSink({ path });
  const events = [detectionEvent('a', 1, 2), detectionEvent('b', 1)];
  expect(await sink.write(events)).toEqual([
    { ok: true, truncatedEmbeddings: 0 },
    { ok: true, truncatedEmbeddings: 0 },
  ]);
  const expected = events.map((event) => `${encodeDetectionEvent(event).bytes.toString()}\n`).join('');
  expect(await readFile(path, 'utf8')).toBe(expected);
});

it('keeps the order of writes that overlap, and finishes them before it closes', async () => {
  const sink = createNdjsonSink({ path });
  const frames = Array.from({ length: 50 }, (_, i) => i);
  const writes = frames.map((frame) => sink.write([detectionEvent('a', frame, frame % 3)]));
  await Promise.all([sink.close(), sink.close()]);
  expect(await frameIds()).toEqual(frames.map((frame) => `${frame}-0`));
  expect((await Promise.all(writes)).flat().every(({ ok }) => ok)).toBe(true);
  await expect(sink.write([])).rejects.toMatchObject({ code: 'closed' });
  expect(await sink.isHealthy()).toBe(false);
});

it('makes a file that only its user can read, and leaves the mode of one that is there', async () => {
  const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
  await using made = createNdjsonSink({ path });
  await made.write([detectionEvent('a', 1)]);
  expect(await modeOf(path)).toBe(0o600);
  const shared = join(folder, 'shared.ndjson');
  await appendFile(shared, '');
  await chmod(shared, 0o640);
  await using appending = createNdjsonSink({ path: shared });
  await appending.write([detectionEvent('a', 1)]);
  expect(await modeOf(shared)).toBe(0o640);
});

it('counts the embeddings that do not fit', async () => {
  await using sink = createNdjsonSink({ path });
  const [result] = await sink.write([detectionEvent('a', 1, 300)]);
  expect(result?.ok === true && result.truncatedEmbeddings > 0).toBe(true);
});

it('appends to what is there, and starts a line of its own after a broken one', async () => {
  await appendFile(path, '{"frame_id":"0-0"}\n{"frame_id":"bro');
  await using sink = createNdjsonSink({ path });
  await sink.write([detectionEvent('a', 1)]);
  const lines = (await readFile(path, 'utf8')).split('\n');
  expect(lines[1]).toBe('{"frame_id":"bro');
  expect(JSON.parse(lines[2] ?? '').frame_id).toBe('1-0');
});

it('answers with the file error for every event, is unhealthy, and recovers once the file can be written', async () => {
  const missing = join(folder, 'later');
  path = join(missing, 'events.ndjson');
  const warnings: unknown[] = [];
  const ignore = (): void => undefined;
  const logger = {
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (fields: unknown) => warnings.push(fields),
  };
  await using sink = createNdjsonSink({ path, logger });
  const events = [detectionEvent('a', 1), detectionEvent('a', 2)];
  for (let i = 0; i < 2; i += 1) {
    const results = await sink.write(events);
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({
      ok: false,
      reason: 'refused',
      message: expect.stringContaining('ENOENT'),
    });
  }
  expect(warnings).toHaveLength(1);
  expect(await sink.isHealthy()).toBe(false);
  await mkdir(missing);
  expect(await sink.write([detectionEvent('a', 3)])).toEqual([{ ok: true, truncatedEmbeddings: 0 }]);
  expect(await sink.isHealthy()).toBe(true);
  expect(await frameIds()).toEqual(['3-0']);
});

it('tells before the first write whether the file can be opened', async () => {
  await using good = createNdjsonSink({ path });
  expect(await good.isHealthy()).toBe(true);
  await using bad = createNdjsonSink({ path: folder });
  expect(await bad.isHealthy()).toBe(false);
});

it('rejects with the reason of an aborted signal and writes nothing', async () => {
  await using sink = createNdjsonSink({ path });
  const controller = new AbortController();
  const write = sink.write([detectionEvent('a', 1)]);
  const aborted = sink.write([detectionEvent('a', 2)], { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  await expect(sink.write([], { signal: controller.signal })).rejects.toThrow('enough');
  await write;
  await sink.close();
  expect(await frameIds()).toEqual(['1-0']);
});

it('refuses an empty path', () => {
  expect(() => createNdjsonSink({ path: '' })).toThrow(/^path: expected/);
});
