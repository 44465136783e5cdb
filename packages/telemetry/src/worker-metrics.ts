import type { Counter } from 'prom-client';
import { BoundedLabels, otherLabel } from './bounded-labels.ts';
import { endToEndBuckets, type MetricFactory } from './metric-factory.ts';
import type { Recording } from './recording.ts';
import type { TelemetryValues } from './telemetry-options.ts';

export interface WorkerMetrics {
  readonly record: Recording;
  readonly scrapeErrors: Counter;
  /** Ends the series of a camera. */
  cameraForgotten(cameraId: string): void;
}

/** A word, so that no message, path or id becomes a label by mistake. */
const isReason = (value: string): boolean => /^[a-z][a-z0-9_]{0,47}$/.test(value);

/** Reasons of fallbacks come from libraries as sentences: keep them on one line and short. */
const shortText = (value: string): string => value.replace(/\s+/g, ' ').slice(0, 160);

function observe(histogram: { observe(value: number): void }, seconds: number): void {
  if (Number.isFinite(seconds)) histogram.observe(Math.max(0, seconds));
}

const isCount = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** Registers the metrics that the worker records as it goes. */
export function createWorkerMetrics(
  factory: MetricFactory,
  cameras: BoundedLabels,
  values: TelemetryValues,
): WorkerMetrics {
  const detection = factory.histogram(
    'trinetra_detection_latency_seconds',
    'Duration of one detector run (a batch), seconds',
  );
  const embedding = factory.histogram(
    'trinetra_embedding_latency_seconds',
    'Duration of one embedder run, seconds',
  );
  const endToEnd = factory.histogram(
    'trinetra_end_to_end_latency_seconds',
    'From the ingest of a frame to its published event, seconds',
    [],
    endToEndBuckets,
  );
  const stage = factory.histogram(
    'trinetra_stage_latency_seconds',
    'Time that a frame or batch spent in a stage, seconds',
    ['stage'],
  );
  const fill = factory.histogram(
    'trinetra_batch_fill_ratio',
    'Frames in a batch over the largest batch size, 0..1',
    [],
    [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1],
  );
  const inferred = factory.counter(
    'trinetra_worker_frames_inferred_total',
    'Frames that went through the models, whether or not their events could be published yet',
    ['camera_id'],
  );
  const processed = factory.counter(
    'trinetra_worker_frames_processed_total',
    'Frames that went through the models and whose events were published',
    ['camera_id'],
  );
  const persons = factory.counter('trinetra_detections_total', 'Persons detected', ['camera_id']);
  const dropped = factory.counter(
    'trinetra_worker_frames_dropped_total',
    'Frames that were given up, by reason',
    ['camera_id', 'reason'],
  );
  const forgotten = factory.counter(
    'trinetra_worker_cameras_forgotten_total',
    'Cameras whose streams are gone and whose counters ended, so that other cameras have their labels',
  );
  const aspects = factory.counter(
    'trinetra_worker_frame_aspects_total',
    'Frames by what the aspect of the camera was taken from: entry, camera_aspects, frame_aspect (assumed) or frame (as it is)',
    ['source'],
  );
  const waiting = factory.gauge(
    'trinetra_worker_events_waiting',
    'Events that wait in memory for the sink to come back; their frames stay pending in Redis',
  );
  const publishErrors = factory.counter(
    'trinetra_kafka_publish_errors_total',
    'Events that could not be published at once, each once: their first try failed, or they wait behind such events',
  );
  const unavailable = factory.gauge(
    'trinetra_kafka_partitions_unavailable',
    'Partitions of the topic that take no events while others do, as of the last look at the sink; 0 where Kafka as a whole is away',
  );
  const truncated = factory.counter(
    'trinetra_embeddings_truncated_total',
    'Embeddings left out of events to keep them under the size limit of the broker',
  );
  const fallbacks = factory.counter(
    'trinetra_engine_fallback_total',
    'Steps of loading a model that failed, the step that was tried next, and why',
    ['model', 'from', 'to', 'reason'],
  );
  const inferenceFailures = factory.counter(
    'trinetra_worker_inference_failures_total',
    'Runs of a model that failed, by reason; their items may have passed in smaller or later runs',
    ['model', 'reason'],
  );
  const restarts = factory.counter(
    'trinetra_worker_engine_restarts_total',
    'Inference threads that ended and were started again',
    ['reason'],
  );
  const batchSize = factory.gauge(
    'trinetra_effective_batch_size',
    'Items that a run of the model may have; less than configured where memory ran out',
    ['model'],
  );
  const engine = factory.gauge('trinetra_engine_info', 'What runs, read from the live session; always 1', [
    'model',
    'provider',
    'precision',
    'file_sha256',
  ]);
  const proven = factory.gauge(
    'trinetra_engine_proven',
    'Whether the model gave what it should for a picture whose answer is known: 1 or 0',
    ['model'],
  );
  const agreement = factory.gauge(
    'trinetra_engine_agreement',
    'Cosine of what the model gave for that picture with what it should give, -1..1',
    ['model'],
  );
  const scrapeErrors = factory.counter(
    'trinetra_telemetry_scrape_errors_total',
    'Scrapes in which the statistics of the source could not be read',
  );
  factory
    .gauge('trinetra_build_info', 'Version of the application; always 1', ['version'])
    .set({ version: values.version }, 1);
  factory
    .gauge('trinetra_worker_info', 'Name of this worker, as in its events; always 1', ['worker_id'])
    .set({ worker_id: values.workerId }, 1);

  const reasons = new BoundedLabels(values.maxReasonLabels, isReason);
  const fallbackKinds = new BoundedLabels(values.maxReasonLabels);
  const engines = new Map<string, Record<'model' | 'provider' | 'precision' | 'file_sha256', string>>();
  const record: Recording = {
    observeStage: (name, seconds) => observe(stage.labels(name), seconds),
    observeDetectionLatency: (seconds) => observe(detection, seconds),
    observeEmbeddingLatency: (seconds) => observe(embedding, seconds),
    observeEndToEnd: (seconds) => observe(endToEnd, seconds),
    batch(ratio) {
      if (Number.isFinite(ratio)) fill.observe(Math.min(1, Math.max(0, ratio)));
    },
    frameInferred: (cameraId) => inferred.inc({ camera_id: cameras.of(cameraId) }),
    frameProcessed: (cameraId) => processed.inc({ camera_id: cameras.of(cameraId) }),
    detections(cameraId, count) {
      if (isCount(count)) persons.inc({ camera_id: cameras.of(cameraId) }, count);
    },
    frameDropped: (cameraId, reason) =>
      dropped.inc({ camera_id: cameras.of(cameraId), reason: reasons.of(reason) }),
    frameAspect: (source) => aspects.inc({ source: reasons.of(source) }),
    eventsWaiting(count) {
      if (isCount(count)) waiting.set(count);
    },
    publishError(count = 1) {
      if (isCount(count)) publishErrors.inc(count);
    },
    partitionsUnavailable(count) {
      if (isCount(count)) unavailable.set(count);
    },
    embeddingsTruncated(count) {
      if (isCount(count)) truncated.inc(count);
    },
    inferenceFailed: (model, reason) => inferenceFailures.inc({ model, reason: reasons.of(reason) }),
    engineRestarted: (reason) => restarts.inc({ reason: reasons.of(reason) }),
    effectiveBatchSize(model, size) {
      if (isCount(size)) batchSize.set({ model }, size);
    },
    fallback(model, from, to, reason) {
      const labels = {
        model: shortText(model),
        from: shortText(from),
        to: shortText(to),
        reason: shortText(reason),
      };
      const known = fallbackKinds.of(JSON.stringify(labels)) !== otherLabel;
      const folded = { model: otherLabel, from: otherLabel, to: otherLabel, reason: otherLabel };
      fallbacks.inc(known ? labels : folded);
    },
    engineProven(model, ok, cosine) {
      proven.set({ model }, ok ? 1 : 0);
      if (Number.isFinite(cosine)) agreement.set({ model }, cosine);
      else agreement.remove({ model });
    },
    setModelInfo({ model, provider, precision, sha256 }) {
      const former = engines.get(model);
      if (former !== undefined) engine.remove(former);
      const labels = { model, provider, precision, file_sha256: sha256 };
      engines.set(model, labels);
      engine.set(labels, 1);
    },
  };
  const cameraForgotten = (cameraId: string): void => {
    const camera = { camera_id: cameraId };
    inferred.remove(camera);
    processed.remove(camera);
    persons.remove(camera);
    for (const reason of [...reasons.values(), otherLabel]) dropped.remove({ ...camera, reason });
    forgotten.inc();
  };
  return { record, scrapeErrors, cameraForgotten };
}
