import { type CameraStats, type FrameOutcome, frameOutcomes, type SourceStats } from '@trinetra/contracts';
import fc from 'fast-check';
import { register as globalRegistry, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../test/recording-logger.ts';
import { TelemetryError } from './errors.ts';
import { endToEndBuckets, latencyBuckets } from './metric-factory.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

const open: Telemetry[] = [];
function telemetryOf(options: Partial<TelemetryOptions> = {}): Telemetry {
  const telemetry = createTelemetry({ workerId: 'w', version: '1.2.3', processMetrics: false, ...options });
  open.push(telemetry);
  return telemetry;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((telemetry) => telemetry.close()));
});

const scrape = (telemetry: Telemetry): Promise<string> => telemetry.registry.metrics();

/** Sample lines of one metric, as label text -> value. */
function samples(text: string, name: string): Map<string, number> {
  const found = text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'));
  return new Map([...found].map(([, labels = '', value]) => [labels, Number(value)]));
}

function outcomesOf(counts: Partial<Record<FrameOutcome, number>> = {}): Record<FrameOutcome, number> {
  const zero = Object.fromEntries(frameOutcomes.map((outcome) => [outcome, 0]));
  return { ...(zero as Record<FrameOutcome, number>), ...counts };
}

function cameraOf(values: Partial<CameraStats> = {}): CameraStats {
  return {
    delivered: 0,
    outcomes: outcomesOf(),
    inFlight: 0,
    unread: 0,
    oldestUnreadAgeSeconds: 0,
    streamLength: 0,
    evicted: 0,
    gone: false,
    ...values,
  };
}

const statsOf = (cameras: Record<string, CameraStats>, reclaimed = 0): SourceStats => ({
  cameras: new Map(Object.entries(cameras)),
  inFlight: 0,
  reclaimed,
  unreadGroups: new Map(),
});

describe('the metrics', () => {
  it('have the names, kinds and help that dashboards rely on, and nothing stays in the global registry', async () => {
    const telemetry = telemetryOf();
    const text = await scrape(telemetry);
    const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
    expect(Object.fromEntries(kinds)).toEqual({
      trinetra_detection_latency_seconds: 'histogram',
      trinetra_embedding_latency_seconds: 'histogram',
      trinetra_end_to_end_latency_seconds: 'histogram',
      trinetra_stage_latency_seconds: 'histogram',
      trinetra_batch_fill_ratio: 'histogram',
      trinetra_worker_frames_inferred_total: 'counter',
      trinetra_worker_frames_processed_total: 'counter',
      trinetra_detections_total: 'counter',
      trinetra_worker_frames_dropped_total: 'counter',
      trinetra_worker_cameras_forgotten_total: 'counter',
      trinetra_worker_frame_aspects_total: 'counter',
      trinetra_kafka_publish_errors_total: 'counter',
      trinetra_embeddings_truncated_total: 'counter',
      trinetra_engine_fallback_total: 'counter',
      trinetra_engine_info: 'gauge',
      trinetra_effective_batch_size: 'gauge',
      trinetra_worker_inference_failures_total: 'counter',
      trinetra_worker_engine_restarts_total: 'counter',
      trinetra_engine_proven: 'gauge',
      trinetra_engine_agreement: 'gauge',
      trinetra_telemetry_scrape_errors_total: 'counter',
      trinetra_build_info: 'gauge',
      trinetra_worker_info: 'gauge',
      trinetra_worker_ready: 'gauge',
      trinetra_worker_frames_total: 'counter',
      trinetra_worker_frames_delivered_total: 'counter',
      trinetra_worker_frames_in_flight: 'gauge',
      trinetra_worker_frames_unread: 'gauge',
      trinetra_worker_oldest_unread_age_seconds: 'gauge',
      trinetra_redis_stream_length: 'gauge',
      trinetra_worker_events_waiting: 'gauge',
      trinetra_kafka_partitions_unavailable: 'gauge',
      trinetra_redis_unread_group_streams: 'gauge',
      trinetra_worker_frames_evicted_total: 'counter',
      trinetra_worker_frames_reclaimed_total: 'counter',
    });
    for (const name of kinds.keys()) expect(text).toMatch(new RegExp(`^# HELP ${name} \\S+`, 'm'));
    expect(samples(text, 'trinetra_build_info')).toEqual(new Map([['{version="1.2.3"}', 1]]));
    expect(samples(text, 'trinetra_kafka_publish_errors_total')).toEqual(new Map([['', 0]]));
    expect(await globalRegistry.metrics()).toBe('\n');
  });

  it('say whether the worker is ready at each scrape, and that a failing or silent answer is a no', async () => {
    const telemetry = telemetryOf();
    const ready = async (): Promise<number | undefined> =>
      samples(await scrape(telemetry), 'trinetra_worker_ready').get('');
    expect(await ready()).toBe(0);
    telemetry.setReady(async () => true);
    expect(await ready()).toBe(1);
    telemetry.setReady(() => Promise.reject(new Error('no broker')));
    expect(await ready()).toBe(0);
    telemetry.setReady(() => new Promise(() => undefined));
    expect(await ready()).toBe(0);
  });

  it('record what the worker reports', async () => {
    const telemetry = telemetryOf();
    telemetry.observeStage('decode', 0.004);
    telemetry.observeDetectionLatency(0.067);
    telemetry.observeEmbeddingLatency(0.02);
    telemetry.observeEndToEnd(0.12);
    telemetry.batch(0.75);
    telemetry.frameProcessed('cam_1');
    telemetry.detections('cam_1', 3);
    telemetry.detections('cam_1', 2);
    telemetry.frameDropped('cam_1', 'corrupt');
    telemetry.publishError();
    telemetry.publishError(2);
    telemetry.frameAspect('frame_aspect');
    telemetry.partitionsUnavailable(2);
    telemetry.embeddingsTruncated(4);
    telemetry.fallback('detector', 'yolo.engine', 'yolo.onnx', 'no TensorRT here');
    const text = await scrape(telemetry);
    expect(samples(text, 'trinetra_stage_latency_seconds_count')).toEqual(new Map([['{stage="decode"}', 1]]));
    expect(samples(text, 'trinetra_detection_latency_seconds_sum').get('')).toBeCloseTo(0.067);
    expect(samples(text, 'trinetra_embedding_latency_seconds_count').get('')).toBe(1);
    expect(samples(text, 'trinetra_end_to_end_latency_seconds_sum').get('')).toBeCloseTo(0.12);
    expect(samples(text, 'trinetra_batch_fill_ratio_bucket').get('{le="0.625"}')).toBe(0);
    expect(samples(text, 'trinetra_batch_fill_ratio_bucket').get('{le="0.75"}')).toBe(1);
    expect(samples(text, 'trinetra_worker_frames_processed_total').get('{camera_id="cam_1"}')).toBe(1);
    expect(samples(text, 'trinetra_detections_total').get('{camera_id="cam_1"}')).toBe(5);
    expect(
      samples(text, 'trinetra_worker_frames_dropped_total').get('{camera_id="cam_1",reason="corrupt"}'),
    ).toBe(1);
    expect(samples(text, 'trinetra_kafka_publish_errors_total').get('')).toBe(3);
    expect(samples(text, 'trinetra_worker_frame_aspects_total').get('{source="frame_aspect"}')).toBe(1);
    expect(samples(text, 'trinetra_embeddings_truncated_total').get('')).toBe(4);
    expect(samples(text, 'trinetra_kafka_partitions_unavailable').get('')).toBe(2);
    expect([...samples(text, 'trinetra_engine_fallback_total')]).toEqual([
      ['{model="detector",from="yolo.engine",to="yolo.onnx",reason="no TensorRT here"}', 1],
    ]);
  });

  it('count a frame as inferred when it went through the models, and as processed once its event is published', async () => {
    const telemetry = telemetryOf();
    telemetry.frameInferred('cam_1');
    telemetry.frameInferred('cam_1');
    telemetry.frameProcessed('cam_1');
    const text = await scrape(telemetry);
    expect(samples(text, 'trinetra_worker_frames_inferred_total').get('{camera_id="cam_1"}')).toBe(2);
    expect(samples(text, 'trinetra_worker_frames_processed_total').get('{camera_id="cam_1"}')).toBe(1);
  });

  it('tell the end-to-end latency in buckets at most a quarter apart, which hold those of other latencies', () => {
    for (const bound of latencyBuckets) expect(endToEndBuckets).toContain(bound);
    for (const [index, bound] of endToEndBuckets.entries()) {
      const before = endToEndBuckets[index - 1] ?? 0;
      expect(bound).toBeGreaterThan(before);
      if (before >= 0.03) expect(bound / before, `${before}..${bound}`).toBeLessThanOrEqual(1.26);
    }
    expect(endToEndBuckets.at(-1)).toBe(600);
  });

  it('count a negative duration as 0 and ignore one that is not a number', async () => {
    const telemetry = telemetryOf();
    telemetry.observeEndToEnd(-3);
    telemetry.observeEndToEnd(Number.NaN);
    const text = await scrape(telemetry);
    expect(samples(text, 'trinetra_end_to_end_latency_seconds_count').get('')).toBe(1);
    expect(samples(text, 'trinetra_end_to_end_latency_seconds_sum').get('')).toBe(0);
  });

  it('keep one series per model: the engine that runs now', async () => {
    const telemetry = telemetryOf();
    telemetry.setModelInfo({ model: 'detector', provider: 'cuda', precision: 'fp16', sha256: 'aa' });
    telemetry.setModelInfo({ model: 'detector', provider: 'cpu', precision: 'fp32', sha256: 'bb' });
    telemetry.setModelInfo({ model: 'embedder', provider: 'cpu', precision: 'fp32', sha256: 'cc' });
    expect([...samples(await scrape(telemetry), 'trinetra_engine_info').keys()]).toEqual([
      '{model="detector",provider="cpu",precision="fp32",file_sha256="bb"}',
      '{model="embedder",provider="cpu",precision="fp32",file_sha256="cc"}',
    ]);
  });

  it('tell whether a model has proven itself, and how close it came, where that is a number', async () => {
    const telemetry = telemetryOf();
    telemetry.engineProven('detector', true, 0.9999);
    telemetry.engineProven('embedder', true, 1);
    telemetry.engineProven('embedder', false, Number.NaN);
    const text = await scrape(telemetry);
    expect([...samples(text, 'trinetra_engine_proven')]).toEqual([
      ['{model="detector"}', 1],
      ['{model="embedder"}', 0],
    ]);
    expect([...samples(text, 'trinetra_engine_agreement')]).toEqual([['{model="detector"}', 0.9999]]);
  });

  it('have GPU series only once a GPU answered, and lose them when it stops', async () => {
    const telemetry = telemetryOf();
    telemetry.setGpuSamples([]);
    expect(await scrape(telemetry)).not.toContain('trinetra_gpu');
    telemetry.setGpuSamples([{ index: 0, utilizationPct: undefined, memoryUsedMb: 2417 }]);
    const text = await scrape(telemetry);
    expect(text).not.toContain('trinetra_gpu_utilization_pct');
    expect(samples(text, 'trinetra_gpu_vram_used_mb')).toEqual(new Map([['{gpu="0"}', 2417]]));
    telemetry.setGpuSamples([]);
    expect(samples(await scrape(telemetry), 'trinetra_gpu_vram_used_mb').size).toBe(0);
  });

  it('include those of the process unless switched off', async () => {
    expect(await scrape(telemetryOf({ processMetrics: true }))).toContain('process_cpu_seconds_total');
    expect(await scrape(telemetryOf())).not.toContain('process_cpu');
  });
});

describe('label bounds', () => {
  it('give the first cameras series of their own and fold the rest, the same ones in every metric', async () => {
    const telemetry = telemetryOf({ maxCameraLabels: 2 });
    for (const camera of ['a', 'b', 'c', 'd', 'a', 'c']) telemetry.frameProcessed(camera);
    telemetry.detections('d', 7);
    telemetry.setSourceStats(() =>
      statsOf({
        c: cameraOf({
          delivered: 3,
          inFlight: 3,
          oldestUnreadAgeSeconds: 2,
          streamLength: 10,
          evicted: 3,
          unread: 1,
        }),
        d: cameraOf({
          delivered: 4,
          inFlight: 4,
          oldestUnreadAgeSeconds: 5,
          streamLength: 20,
          evicted: 4,
          unread: 2,
        }),
        a: cameraOf({ delivered: 1, inFlight: 1 }),
      }),
    );
    const text = await scrape(telemetry);
    expect(Object.fromEntries(samples(text, 'trinetra_worker_frames_processed_total'))).toEqual({
      '{camera_id="a"}': 2,
      '{camera_id="b"}': 1,
      '{camera_id="_other"}': 3,
    });
    const other = '{camera_id="_other"}';
    expect(samples(text, 'trinetra_detections_total').get(other)).toBe(7);
    expect(samples(text, 'trinetra_worker_frames_delivered_total').get(other)).toBe(7);
    expect(samples(text, 'trinetra_worker_frames_unread').get(other)).toBe(3);
    expect(samples(text, 'trinetra_redis_stream_length').get(other)).toBe(30);
    expect(samples(text, 'trinetra_worker_frames_evicted_total').get(other)).toBe(7);
    expect(samples(text, 'trinetra_worker_oldest_unread_age_seconds').get(other)).toBe(5);
  });

  it('say nothing of the age of unread frames where nothing tells it', async () => {
    const telemetry = telemetryOf({ maxCameraLabels: 2 });
    const unknown = cameraOf({ unread: 1, oldestUnreadAgeSeconds: null });
    telemetry.setSourceStats(() =>
      statsOf({
        a: unknown,
        b: cameraOf(),
        c: unknown,
        d: cameraOf({ unread: 1, oldestUnreadAgeSeconds: 5 }),
      }),
    );
    const text = await scrape(telemetry);
    expect(Object.fromEntries(samples(text, 'trinetra_worker_oldest_unread_age_seconds'))).toEqual({
      '{camera_id="b"}': 0,
      '{camera_id="_other"}': 5,
    });
    expect(samples(text, 'trinetra_worker_frames_unread').get('{camera_id="a"}')).toBe(1);
  });

  it('never let something that is no camera id, or no word, become a label', async () => {
    const telemetry = telemetryOf({ maxReasonLabels: 2 });
    telemetry.frameProcessed('x"} 1\nevil 1');
    for (const reason of ['corrupt', 'Error: at /srv/x.ts', 'stale', 'black'])
      telemetry.frameDropped('a', reason);
    const text = await scrape(telemetry);
    expect([...samples(text, 'trinetra_worker_frames_processed_total').keys()]).toEqual([
      '{camera_id="_other"}',
    ]);
    expect(Object.fromEntries(samples(text, 'trinetra_worker_frames_dropped_total'))).toEqual({
      '{camera_id="a",reason="corrupt"}': 1,
      '{camera_id="a",reason="stale"}': 1,
      '{camera_id="a",reason="_other"}': 2,
    });
  });

  it('name each group that nobody reads while that is so, fold those beyond the bound, and those whose names are none', async () => {
    const telemetry = telemetryOf();
    let groups: [string, number][] = [['left\nover', 1]];
    telemetry.setSourceStats(() => ({ ...statsOf({}), unreadGroups: new Map(groups) }));
    const found = async (): Promise<[string, number][]> => [
      ...samples(await scrape(telemetry), 'trinetra_redis_unread_group_streams'),
    ];
    expect(await found()).toEqual([['{group="_other"}', 1]]);
    groups = Array.from({ length: 20 }, (_, i) => [`left ${i}`, 2]);
    expect(await found()).toHaveLength(17);
    expect((await found()).at(-1)).toEqual(['{group="_other"}', 8]);
    groups = [['left 19', 3]];
    expect(await found()).toEqual([['{group="left 19"}', 3]]);
    groups = [];
    expect(await found()).toEqual([]);
  });

  it('fold fallbacks beyond the bound into one series', async () => {
    const telemetry = telemetryOf({ maxReasonLabels: 3 });
    for (let i = 0; i < 10; i += 1) telemetry.fallback('detector', 'a', 'b', `reason ${i}`);
    const found = samples(await scrape(telemetry), 'trinetra_engine_fallback_total');
    expect(found.size).toBe(4);
    expect(found.get('{model="_other",from="_other",to="_other",reason="_other"}')).toBe(7);
  });
});

describe('the ledger', () => {
  /** A source whose counts move with every look at it, and that always balances. */
  function movingSource(): { read: () => SourceStats; looks: () => number } {
    let looks = 0;
    const read = (): SourceStats => {
      looks += 1;
      const cameras = Object.fromEntries(
        Array.from({ length: 5 }, (_, i) => {
          const outcomes = outcomesOf({ published: 7 * looks + i, corrupt: looks, stale: i });
          const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
          const inFlight = (looks * 3 + i) % 11;
          return [`cam_${i}`, cameraOf({ delivered: ended + inFlight, outcomes, inFlight })];
        }),
      );
      return statsOf(cameras, looks);
    };
    return { read, looks: () => looks };
  }

  function expectBalanced(text: string): number {
    const outcomes = samples(text, 'trinetra_worker_frames_total');
    const inFlight = samples(text, 'trinetra_worker_frames_in_flight');
    const delivered = samples(text, 'trinetra_worker_frames_delivered_total');
    for (const [camera, count] of delivered) {
      const prefix = camera.slice(0, -1);
      const ended = [...outcomes].filter(([labels]) => labels.startsWith(`${prefix},`));
      expect(ended).toHaveLength(frameOutcomes.length);
      expect(ended.reduce((sum, [, value]) => sum + value, inFlight.get(camera) ?? Number.NaN)).toBe(count);
    }
    return delivered.size;
  }

  it.each([1000, 2])(
    'balances in every scrape, scrapes at the same time too (%i camera labels)',
    async (maxCameraLabels) => {
      const telemetry = telemetryOf({ maxCameraLabels, processMetrics: true });
      const source = movingSource();
      telemetry.setSourceStats(source.read);
      const texts = [await scrape(telemetry), ...(await Promise.all([1, 2, 3].map(() => scrape(telemetry))))];
      for (const text of texts) expect(expectBalanced(text)).toBe(Math.min(5, maxCameraLabels + 1));
      const before = source.looks();
      await scrape(telemetry);
      expect(source.looks()).toBe(before + 1);
    },
  );

  it('balances whatever the counts are', async () => {
    const count = fc.nat(1_000_000);
    const camera = fc.record({
      counts: fc.array(count, { minLength: 9, maxLength: 9 }),
      inFlight: fc.nat(64),
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,6}$/), camera), async (cameras) => {
        const stats = Object.entries(cameras).map(([id, { counts, inFlight }]) => {
          const outcomes = outcomesOf(
            Object.fromEntries(frameOutcomes.map((name, i) => [name, counts[i] ?? 0])),
          );
          const delivered = counts.reduce((sum, value) => sum + value, inFlight);
          return [id, cameraOf({ delivered, outcomes, inFlight })];
        });
        const telemetry = telemetryOf({
          maxCameraLabels: 3,
          source: () => statsOf(Object.fromEntries(stats)),
        });
        expect(expectBalanced(await scrape(telemetry))).toBe(Math.min(stats.length, 4));
      }),
      { numRuns: 50 },
    );
  });

  it('is right for a metric that is asked for alone', async () => {
    const telemetry = telemetryOf({ source: () => statsOf({ a: cameraOf({ delivered: 5, inFlight: 5 }) }) });
    const text = await telemetry.registry.getSingleMetricAsString('trinetra_worker_frames_delivered_total');
    expect(text).toContain('{camera_id="a"} 5');
  });

  it('is absent, counted and logged where the source cannot be read; the other metrics stay', async () => {
    const { logger, lines } = createRecordingLogger();
    let broken = false;
    const source = (): SourceStats => {
      if (broken) throw new Error('closed');
      return statsOf({ a: cameraOf({ delivered: 5, inFlight: 5 }) });
    };
    const telemetry = telemetryOf({ logger, source });
    telemetry.frameProcessed('a');
    await scrape(telemetry);
    broken = true;
    await scrape(telemetry);
    const text = await scrape(telemetry);
    expect(samples(text, 'trinetra_worker_frames_delivered_total').size).toBe(0);
    expect(samples(text, 'trinetra_worker_frames_processed_total').size).toBe(1);
    expect(samples(text, 'trinetra_telemetry_scrape_errors_total').get('')).toBeGreaterThanOrEqual(1);
    expect(lines.map(({ level }) => level)).toEqual(['error']);
  });
});

describe('a lifetime', () => {
  it('ends with the metrics out of a given registry, whose other metrics stay', async () => {
    const registry = new Registry();
    const telemetry = telemetryOf({ registry });
    expect(telemetry.registry).toBe(registry);
    expect(() => telemetryOf({ registry })).toThrow(/expected no metric trinetra_\w+ yet/);
    telemetry.setGpuSamples([{ index: 0, utilizationPct: 1, memoryUsedMb: 1 }]);
    await telemetry.close();
    await telemetry.close();
    telemetry.setGpuSamples([{ index: 0, utilizationPct: 1, memoryUsedMb: 1 }]);
    telemetry.frameProcessed('a');
    expect(await registry.metrics()).toBe('\n');
    telemetryOf({ registry });
  });

  it.each([
    [{ workerId: '' }, /^telemetry\.workerId: /],
    [{ maxCameraLabels: 0 }, /^telemetry\.maxCameraLabels: /],
    [{ maxCameraLables: 5 } as Partial<TelemetryOptions>, /maxCameraLables/],
  ])('does not begin with bad options %j', (options, message) => {
    expect(() => telemetryOf(options)).toThrow(TelemetryError);
    expect(() => telemetryOf(options)).toThrow(message);
  });
});
