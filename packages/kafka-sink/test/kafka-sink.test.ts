import { networkInterfaces } from 'node:os';
import type { DetectionEvent, Logger } from '@trinetra/contracts';
import { canRunKafka, type LocalKafka, startKafka } from '@trinetra/local-servers';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKafkaSink, type KafkaSinkOptions } from '../src/index.ts';
import { detectionEvent } from './events.ts';
import { type ReadBack, readBack } from './read-back.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const topic = 'trinetra.detections';
const available = await canRunKafka();
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const ok = { ok: true, truncatedEmbeddings: 0 };

function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at =
    (level: string): Logger['info'] =>
    (fields, message) => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

/** The real codecs; the set tells which of them kafkajs has asked for. */
function spyOnCodecs(): Set<string> {
  const lookups = new Set<string>();
  for (const [name, type] of [
    ['lz4', CompressionTypes.LZ4],
    ['gzip', CompressionTypes.GZIP],
  ] as const) {
    const lookUp = CompressionCodecs[type];
    vi.spyOn(CompressionCodecs, type).mockImplementation(() => {
      lookups.add(name);
      return lookUp();
    });
  }
  return lookups;
}

const ofCamera = (messages: readonly ReadBack[], camera: string): readonly ReadBack[] =>
  messages.filter(({ cameraId }) => cameraId === camera);

/** The tests share one broker and go from a healthy to a killed one: their order matters. */
describe.skipIf(!available.ok)('a sink and a real Kafka (needs Java and Maven)', () => {
  let kafka: LocalKafka;
  beforeAll(async () => {
    kafka = await startKafka({ topic, ipv6: hasIpv6 });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  afterAll(() => kafka?.close());

  const connect = (options: Partial<KafkaSinkOptions> = {}): ReturnType<typeof createKafkaSink> =>
    createKafkaSink({ brokers: kafka.brokers, retryBackoffMs: 20, ...options });

  it.each([
    ['none', -1],
    ['gzip', 0],
    ['lz4', 1],
  ] as const)(
    'delivers in order per camera, keyed by camera, with headers (compression %s, acks %i)',
    async (compression, acks) => {
      await using sink = await connect({ compression, acks });
      const lookups = spyOnCodecs();
      const cameras = [`a-${compression}`, `b-${compression}`, `c-${compression}`];
      const frames = Array.from({ length: 40 }, (_, i) => i);
      const writes = frames.map((frame) =>
        sink.write(cameras.map((camera) => detectionEvent(camera, frame, 1))),
      );
      expect((await Promise.all(writes)).flat()).toEqual(Array(120).fill(ok));
      const used = compression === 'none' ? [] : [compression];
      expect([...lookups]).toEqual(used);
      lookups.clear();
      const wanted = (messages: readonly ReadBack[]): readonly ReadBack[] =>
        messages.filter(({ cameraId }) => cameras.includes(cameraId));
      const messages = await readBack(kafka.brokers, topic, (all) => wanted(all).length === 120);
      for (const camera of cameras) {
        const own = ofCamera(messages, camera);
        expect(own.map(({ frameId }) => frameId)).toEqual(frames.map((frame) => `${frame}-0`));
        expect(new Set(own.map(({ key }) => key))).toEqual(new Set([camera]));
        expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
        expect(own[7]?.headers).toEqual({
          'content-type': 'application/json',
          schema_version: '1',
          frame_id: '7-0',
        });
        expect(own[7]?.embeddings[0]?.[3]).toBeCloseTo(Math.sin(3 + 7) / 16, 5);
      }
      // Looked up because the batches of the broker name it; earlier rows left theirs in the topic.
      expect([...lookups]).toEqual(expect.arrayContaining(used));
      if (compression === 'none') expect(lookups.size).toBe(0);
    },
  );

  it.skipIf(!hasIpv6)('publishes to a broker on an IPv6 address, which advertises one', async () => {
    await using sink = await connect({ brokers: kafka.ipv6Brokers });
    expect(await sink.write([detectionEvent('six', 1)])).toEqual([ok]);
    expect(await sink.problem()).toBeNull();
  });

  it('leaves out embeddings to stay under the limit, and gives up only the event that cannot be cut', async () => {
    await using sink = await connect({ maxMessageBytes: 20_000 });
    const hopeless = detectionEvent('cut', 2, 400);
    const results = await sink.write([
      detectionEvent('cut', 1, 10),
      { ...hopeless, embeddings: [] },
      detectionEvent('cut', 3),
    ]);
    expect(results).toMatchObject([
      { ok: true, truncatedEmbeddings: expect.any(Number) },
      { ok: false, reason: 'too_large' },
      ok,
    ]);
    const messages = await readBack(kafka.brokers, topic, (all) => ofCamera(all, 'cut').length >= 2);
    const [first, second] = ofCamera(messages, 'cut');
    expect(first?.reasons).toEqual(['embeddings_truncated']);
    expect(first?.embeddings.at(-1)).toBeNull();
    expect(first?.embeddings[0]).toHaveLength(512);
    expect(second?.frameId).toBe('3-0');
  });

  it('loses only the event that the broker finds too large, and keeps the order of the others', async () => {
    await using sink = await connect({ maxMessageBytes: 5_000_000, compression: 'none' });
    const events = [1, 2, 3].map((frame) => detectionEvent('big', frame, frame === 2 ? 300 : 1));
    expect(await sink.write(events)).toMatchObject([ok, { ok: false, reason: 'too_large' }, ok]);
    // An answer of the broker is no outage.
    expect(await sink.isHealthy()).toBe(true);
    expect(await sink.write([detectionEvent('big', 4)])).toEqual([ok]);
    const has4 = (all: readonly ReadBack[]): boolean =>
      all.some((m) => m.cameraId === 'big' && m.frameId === '4-0');
    const ids = ofCamera(await readBack(kafka.brokers, topic, has4), 'big').map(({ frameId }) => frameId);
    expect([...new Set(ids)]).toEqual(['1-0', '3-0', '4-0']);
  });

  it('costs only itself where an event cannot be encoded', async () => {
    await using sink = await connect();
    const broken = { ...detectionEvent('odd', 1), ingest_ts: 1n } as unknown as DetectionEvent;
    const results = await sink.write([broken, detectionEvent('odd', 2)]);
    expect(results).toMatchObject([{ ok: false, reason: 'invalid' }, ok]);
  });

  it('publishes without timestamps where the clock of this machine is two hours ahead, and with them once it is right', async () => {
    const { logger, lines } = recordingLogger();
    await using sink = await connect({ logger });
    const real = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + 7_200_000);
    for (const frame of [1, 2]) expect(await sink.write([detectionEvent('ahead', frame)])).toEqual([ok]);
    expect(await sink.problem()).toBeNull();
    clock.mockRestore();
    expect(await sink.write([detectionEvent('ahead', 3)])).toEqual([ok]);
    const last = (all: readonly ReadBack[]): boolean => ofCamera(all, 'ahead').length === 3;
    const messages = ofCamera(await readBack(kafka.brokers, topic, last), 'ahead');
    expect(messages.map(({ frameId }) => frameId)).toEqual(['1-0', '2-0', '3-0']);
    expect(messages.map(({ timestamp }) => timestamp === '-1')).toEqual([true, true, false]);
    expect(lines.filter((line) => /^(info|warn|error)/.test(line))).toEqual([
      expect.stringMatching(/^warn Kafka refuses the timestamps of this machine/),
      expect.stringMatching(/^info Kafka takes the timestamps of this machine again/),
    ]);
  });

  it('says once that the cluster takes no events, until one is written, though it shows its topic', async () => {
    const { logger, lines } = recordingLogger();
    const states = (): string[] => lines.filter((line) => /^(info|warn|error)/.test(line));
    const readOnly = 'read-only';
    await kafka.createTopic(readOnly, 1);
    await kafka.setReadOnly(readOnly, true);
    await using sink = await connect({ topic: readOnly, logger, breaker: { probeIntervalMs: 20 } });
    let tries = 0;
    await vi.waitFor(
      async () => {
        const [result] = await sink.write([detectionEvent('held', 1)]);
        expect(result).toMatchObject({ ok: false, reason: 'refused' });
        expect(await sink.problem()).toMatchObject({ reason: 'refused' });
        // Tried again, after a probe that found the topic.
        if (result?.ok === false && !result.message.startsWith('Not tried')) tries += 1;
        expect(tries).toBeGreaterThanOrEqual(3);
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(states()).toEqual([expect.stringMatching(/^warn Kafka takes no events/)]);
    await kafka.setReadOnly(readOnly, false);
    await vi.waitFor(async () => expect(await sink.write([detectionEvent('held', 2)])).toEqual([ok]), {
      timeout: 10_000,
      interval: 20,
    });
    expect(states()).toEqual([expect.any(String), expect.stringMatching(/^info Kafka answers again/)]);
    expect(await sink.problem()).toBeNull();
  });

  it('answers unknown_topic after one retry, again and again, and is unhealthy', async () => {
    await using sink = await connect({ topic: 'no-such-topic', retries: 50 });
    for (let i = 0; i < 2; i += 1) {
      const [result] = await sink.write([detectionEvent('a', i)]);
      expect(result).toMatchObject({ ok: false, reason: 'unknown_topic' });
      expect(result).toMatchObject({ message: expect.stringContaining('(topic no-such-topic, tries: 2)') });
    }
    expect(await sink.isHealthy()).toBe(false);
  });

  it('keeps the password out of the log where a broker refuses it', async () => {
    const { logger, lines } = recordingLogger();
    const sasl = { mechanism: 'plain', username: 'worker', password: 's3cret-pass' } as const;
    await using sink = await connect({ sasl, logger, retries: 0 });
    const results = await sink.write([detectionEvent('a', 1)]);
    expect(results).toMatchObject([{ ok: false, reason: 'refused' }]);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join() + JSON.stringify(results)).not.toContain('s3cret-pass');
  });

  it('drains what was written before close, which may be called twice', async () => {
    const sink = await connect();
    const writes = [1, 2, 3, 4].map((frame) => sink.write([detectionEvent('drain', frame)]));
    await Promise.all([sink.close(), sink.close()]);
    expect((await Promise.all(writes)).flat()).toEqual([ok, ok, ok, ok]);
    await expect(sink.write([detectionEvent('drain', 5)])).rejects.toMatchObject({ code: 'closed' });
    expect(await sink.isHealthy()).toBe(false);
  });

  it('gives up a broker that hangs after its timeout, or when the caller aborts', async () => {
    const options = { requestTimeoutMs: 300, connectionTimeoutMs: 200, breaker: { probeIntervalMs: 50 } };
    await using sink = await connect({ ...options, retries: 1 });
    await using aborted = await connect({ retries: 100 });
    expect(await sink.write([detectionEvent('hang', 1)])).toEqual([ok]);
    kafka.pause();
    try {
      const controller = new AbortController();
      const write = aborted.write([detectionEvent('hang', 2)], { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(write).rejects.toThrow('enough');
      expect(await sink.write([detectionEvent('hang', 3)])).toMatchObject([
        { ok: false, reason: 'unreachable' },
      ]);
      expect(await sink.isHealthy()).toBe(false);
    } finally {
      kafka.resume();
    }
    await vi.waitFor(async () => expect(await sink.write([detectionEvent('hang', 4)])).toEqual([ok]), 10_000);
    expect(await sink.isHealthy()).toBe(true);
  });

  it('fails at once while the broker is away, also for a sink that never saw it, and both recover by themselves', async () => {
    const { logger, lines } = recordingLogger();
    const breaker = { probeIntervalMs: 100 };
    await using sink = await connect({ retries: 0, breaker, logger });
    // Probes so rarely that none falls into this test.
    const patient = recordingLogger();
    await using quiet = await connect({
      retries: 2,
      breaker: { probeIntervalMs: 3_600_000 },
      logger: patient.logger,
    });
    await sink.write([detectionEvent('outage', 1)]);
    await quiet.write([detectionEvent('quiet', 1)]);
    await kafka.kill();
    await using late = await connect({ retries: 0, breaker });

    for (const [one, tries] of [
      [sink, 1],
      [quiet, 3],
    ] as const) {
      const [first] = await one.write([detectionEvent('outage', 2)]);
      expect(first).toMatchObject({ ok: false, reason: 'unreachable' });
      expect(first).toMatchObject({ message: expect.stringContaining(`tries: ${tries})`) });
    }
    expect(await late.write([detectionEvent('late', 1)])).toMatchObject([
      { ok: false, reason: 'unreachable' },
    ]);
    const linesBefore = patient.lines.length;
    for (let i = 0; i < 200; i += 1) {
      const events = [detectionEvent('quiet', i), detectionEvent('quiet', i)];
      const failed = { ok: false, reason: 'unreachable', message: expect.stringMatching(/^Not tried/) };
      expect(await quiet.write(events)).toMatchObject([failed, failed]);
    }
    // kafkajs writes a line for each connection that fails: none was tried.
    expect(patient.lines).toHaveLength(linesBefore);
    expect(await sink.isHealthy()).toBe(false);

    await kafka.restart();
    for (const [one, camera] of [
      [sink, 'outage'],
      [late, 'late'],
    ] as const) {
      await vi.waitUntil(() => one.isHealthy(), { timeout: 20_000, interval: 20 });
      // Recovery costs no event.
      expect(await one.write([detectionEvent(camera, 3)])).toEqual([ok]);
    }
    const states = lines.filter((line) => /^(info|warn|error)/.test(line));
    expect(states).toEqual([
      // One broker: whether its one partition fails first, or all of it, is a matter of milliseconds.
      expect.stringMatching(
        /^warn (?:Kafka takes no events.*tries: 1|some partitions of Kafka take no events)/,
      ),
      expect.stringMatching(/^info Kafka answers again/),
    ]);
  });
});
