/** The stages of a frame's way through the worker, in order. */
export const stages = [
  'queue',
  'decode',
  'batch_wait',
  'detect',
  'align',
  'embed',
  'publish',
  'ack',
] as const;

export type Stage = (typeof stages)[number];

/** What runs, as read from the live session. */
export interface EngineInfo {
  /** What the model is for: `detector`, `face`, `embedder`. */
  readonly model: string;
  /** Execution provider, such as `cpu`. */
  readonly provider: string;
  readonly precision: string;
  /** Of the model file, hex. */
  readonly sha256: string;
}

/**
 * What the worker records as it goes. Durations are seconds; those that are not finite are ignored, and
 * negative ones (clocks of two machines that differ) count as 0.
 */
export interface Recording {
  observeStage(stage: Stage, seconds: number): void;
  /** One detector run, a batch. */
  observeDetectionLatency(seconds: number): void;
  /** One embedder run. */
  observeEmbeddingLatency(seconds: number): void;
  /** From the frame's `ingest_ts` to its published event. */
  observeEndToEnd(seconds: number): void;
  /** How full a batch left: frames / maxBatchSize, 0..1. */
  batch(fill: number): void;
  /** A frame that went through the models; its event is not published yet. */
  frameInferred(cameraId: string): void;
  /** A frame whose event was published. */
  frameProcessed(cameraId: string): void;
  detections(cameraId: string, count: number): void;
  /** @param reason A word such as `corrupt` or `stale` (`a-z 0-9 _`); anything else counts as `_other`. */
  frameDropped(cameraId: string, reason: string): void;
  /** A decoded frame, by what its aspect was taken from. @param source A word, as for a drop. */
  frameAspect(source: string): void;
  /** Events that could not be published at once, each once. @param count Default 1. */
  publishError(count?: number): void;
  /** Events that wait in memory for Kafka to come back. */
  eventsWaiting(count: number): void;
  /** Partitions of Kafka that take no events while others do. */
  partitionsUnavailable(count: number): void;
  embeddingsTruncated(count: number): void;
  /** A run that failed, whether or not its items ran again. @param reason A word, as for a drop. */
  inferenceFailed(model: string, reason: string): void;
  /** An inference thread ended and another is started. @param reason A word, as for a drop. */
  engineRestarted(reason: string): void;
  /** Items that a run of the model may have: less than asked for where memory ran out. */
  effectiveBatchSize(model: string, size: number): void;
  /** A step of loading a model failed, and the next was tried. @param reason A word, or a short text. */
  fallback(model: string, from: string, to: string, reason: string): void;
  /** Whether the model gave what it should for a picture whose answer is known, and how close it came (a cosine). */
  engineProven(model: string, proven: boolean, agreement: number): void;
  /** A later call for the same model replaces the earlier one. */
  setModelInfo(info: EngineInfo): void;
}
