import { isCameraId, parseFrameEntry } from '@trinetra/contracts';
import { createRedisBatchSource } from '@trinetra/redis-batch-source';
import { createStatusPage } from '@trinetra/status-page';
import { createTelemetry } from '@trinetra/telemetry';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, it } from 'vitest';
import { report, times } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { consumerGroup, startRedisTestStack, startTestStack } from '../test-stack.ts';
import { startWorker, waitFor } from '../worker-process.ts';

const ordinary = [
  'Front Door',
  'lobby/cam1',
  'Escritório',
  'Escrito\u0301rio',
  '{site1}:cam1',
  '"} 1\\',
  '👨‍👩‍👧 живая',
  '__proto__',
  '../../etc/passwd',
];

/** Names of cameras out of all characters that there are, each another one. */
function randomNames(count: number, seed: number): string[] {
  const random = xoroshiro128plus(seed);
  const below = (limit: number): number => (random.next() >>> 0) % limit;
  const ranges = [0x80, 0x800, 0x1_0000, 0x11_0000];
  const names = new Set(ordinary);
  while (names.size < count) {
    const points = Array.from({ length: 1 + below(50) }, () => below(ranges[below(4)] ?? 0x80));
    const name = String.fromCodePoint(...points.filter((point) => isCameraId(String.fromCodePoint(point))));
    if (isCameraId(name)) names.add(name);
  }
  return [...names];
}

/** The values of `camera_id` in the samples of a metric. */
function camerasIn(text: string, metric: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return lines.map((line) => {
    const [, value] = /^\w+\{camera_id="((?:[^"\\]|\\.)*)"\} \d+$/.exec(line) ?? [];
    return (value ?? '').replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
  });
}

it('2000 random names come through source, metrics and status page as they were', {
  timeout: 240_000,
}, async () => {
  await using testStack = await startRedisTestStack();
  const seed = 20_261_127;
  const names = randomNames(2000, seed);
  const pipeline = testStack.redis.pipeline();
  const fields = ['ingest_ts', String(Date.now() / 1000), 'frame', 'x'];
  for (const name of names) pipeline.xadd(`frames:${name}`, '*', 'camera_id', name, ...fields);
  await pipeline.exec();

  await using telemetry = createTelemetry({ workerId: 'w', version: '1', maxCameraLabels: 5000 });
  await using source = await createRedisBatchSource({
    redis: { url: testStack.server.url },
    maxInFlight: 64,
    deleteAcked: 'off',
  });
  telemetry.setSourceStats(() => source.stats());
  const seen: string[] = [];
  for await (const lease of source.leases()) {
    const parsed = parseFrameEntry(lease.streamKey, lease.entryId, lease.fields);
    if (!parsed.ok) throw new Error(`${JSON.stringify(lease.streamKey)}: ${parsed.message}`);
    seen.push(parsed.entry.cameraId);
    telemetry.frameProcessed(parsed.entry.cameraId);
    await source.settle(lease, 'published');
    if (seen.length === names.length) source.stop();
  }
  const sorted = names.toSorted();
  expect(seen.toSorted()).toEqual(sorted);
  const text = await telemetry.registry.metrics();
  for (const metric of ['trinetra_worker_frames_processed_total', 'trinetra_worker_frames_delivered_total'])
    expect(camerasIn(text, metric).toSorted()).toEqual(sorted);

  await using page = await createStatusPage({
    workerId: 'w',
    version: '1',
    metrics: () => telemetry.registry.getMetricsAsJSON(),
    state: async () => ({ ready: true, parts: [] }),
    showFrames: true,
  });
  const events = await fetch(`${page.url}events`);
  let body = '';
  for await (const chunk of (events.body ?? expect.unreachable()).pipeThrough(new TextDecoderStream())) {
    body += chunk;
    if (/^data: .*\n\n/m.test(body)) break;
  }
  const snapshot = JSON.parse(/^data: (.*)$/m.exec(body)?.[1] ?? '');
  const shown: string[] = snapshot.cameras.map(({ id }: { readonly id: string }) => id);
  expect(shown.toSorted()).toEqual(sorted);
  // As many cameras as one request may have, with the longest names, as the page asks for them.
  const longest = names.toSorted((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a)).slice(0, 32);
  const query = new URLSearchParams(
    longest.flatMap((name) => [
      ['camera', name],
      ['have', `${Date.now()}-0`],
    ]),
  );
  expect((await fetch(`${page.url}pictures?${query}`)).status).toBe(200);
  report(
    'random names of cameras',
    `${names.length} names of 1 to 200 bytes out of all of Unicode, seed ${seed}`,
    `${seen.length} read, and found as they were in ${sorted.length} series of each metric and in the status page`,
    { frames: seen.length },
  );
});

it('cameras of ordinary names are served, and those that are refused are named once', {
  timeout: 240_000,
}, async () => {
  await using testStack = await startTestStack();
  await using collector = await testStack.collect();
  await using worker = await startWorker({
    ...testStack.env,
    CONSUMER_NAME: 'reader',
    STREAM_DELETE_ACKED: 'off',
  });
  await worker.ready();
  const refused = ['line\nbreak', 'cam\u202egpj', '_other', 'é'.repeat(101)];
  const rounds = times(2, 10);
  const sent: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const camera of ordinary)
      sent.push(`${camera} ${await addSceneFrame(testStack.redis, round, camera)}`);
    for (const camera of refused) await addSceneFrame(testStack.redis, round, camera);
  }
  await waitFor('every event', () => (collector.received.length >= sent.length ? true : undefined));
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  await waitFor('the refused ones to be counted', async () => {
    const dropped = await worker.metric('trinetra_worker_frames_dropped_total');
    return dropped.get('{camera_id="_other",reason="bad_camera_id"}') === refused.length * rounds
      ? true
      : undefined;
  });
  expect(collector.received.map(({ key, event }) => `${key} ${event.frame_id}`).toSorted()).toEqual(
    sent.toSorted(),
  );
  for (const { key, event } of collector.received) expect(event.camera_id).toBe(key);
  const warned = worker
    .log()
    .split('\n')
    .filter((line) => line.includes('entries of this camera are refused'))
    .map((line) => JSON.parse(line));
  expect(warned.map(({ camera_id }) => camera_id).toSorted()).toEqual(
    [String.raw`line\nbreak`, String.raw`cam\u{202e}gpj`, '_other', `${'é'.repeat(64)}…`].toSorted(),
  );
  for (const { reason, detail } of warned) {
    expect(reason).toBe('bad_camera_id');
    expect(detail).toMatch(/^field camera_id: expected [\x20-\x7e]+$/);
  }
  for (const camera of ordinary)
    expect(JSON.stringify(await testStack.redis.xinfo('GROUPS', `frames:${camera}`))).toContain(
      consumerGroup,
    );
  report(
    'names of cameras',
    `${ordinary.length} ordinary names (spaces, slashes, accents, braces, quotes, emoji) and ${refused.length} refused ones, ${rounds} frames each`,
    `${collector.received.length} events under the Kafka key that is the name; the others acked, counted as bad_camera_id and named in one warning each`,
    { frames: collector.received.length },
  );
});
