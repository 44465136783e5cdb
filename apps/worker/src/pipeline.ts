import type { FrameOutcome } from '@trinetra/contracts';
import type { DetectionSink, WriteResult } from '@trinetra/kafka-sink';
import { microBatch, pipelined } from '@trinetra/micro-batch';
import type { Lease, RedisBatchSource } from '@trinetra/redis-batch-source';
import { assembleEvent } from './assemble-event.ts';
import { createInferBatch, type InferenceStages } from './infer-batch.ts';
import { createPrepareFrame, type PreparedFrame, type RefusedFrame } from './prepare-frame.ts';
import { serial } from './serial.ts';

/** Batches in the worker at once: one is read and decoded, one on the engine, one on its way out. */
export const pipelineDepth = 3;

export interface PipelineOptions {
  readonly source: RedisBatchSource;
  readonly sink: DetectionSink;
  readonly stages: InferenceStages;
  readonly workerId: string;
  readonly embeddingSpace: string | null;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly maxFrameAgeMs: number | null;
}

/**
 * Reads, decodes, batches, infers, publishes and acks until the source ends. Resolves once every leased frame has
 * its outcome. Memory is bounded by `pipelineDepth * batchSize` leases, whatever the number of cameras.
 */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { source, sink, stages, batchSize } = options;
  const { telemetry, logger } = stages;
  const prepareFrame = createPrepareFrame(stages.decoder, telemetry, options.maxFrameAgeMs);
  const inferBatch = createInferBatch(stages);

  async function settle(lease: Lease, outcome: FrameOutcome): Promise<void> {
    const startedAt = performance.now();
    await source.settle(lease, outcome);
    telemetry.observeStage('ack', (performance.now() - startedAt) / 1000);
  }

  async function refuse(refused: RefusedFrame): Promise<void> {
    telemetry.frameDropped(refused.cameraId, refused.reason);
    logger.debug(
      { cameraId: refused.cameraId, frameId: refused.lease.entryId, reason: refused.reason },
      refused.message,
    );
    await settle(refused.lease, refused.outcome);
  }

  async function* preparedFrames(): AsyncGenerator<PreparedFrame> {
    for await (const result of pipelined(source.leases(), prepareFrame, { depth: batchSize })) {
      if (result.ok) yield result.prepared;
      else await refuse(result.refused);
    }
  }

  const publish = serial(async (findings: Awaited<ReturnType<typeof inferBatch>>) => {
    const workerTs = Date.now() / 1000;
    const context = { workerId: options.workerId, embeddingSpace: options.embeddingSpace, workerTs };
    const events = findings.map((finding) => assembleEvent(finding, context));
    const startedAt = performance.now();
    const results = await sink.write(events);
    telemetry.observeStage('publish', (performance.now() - startedAt) / 1000);
    return events.map((event, index) => ({ event, result: results[index] }));
  });

  function outcomeOf(cameraId: string, status: string, result: WriteResult | undefined): FrameOutcome {
    if (result?.ok === true) {
      if (result.truncatedEmbeddings > 0) telemetry.embeddingsTruncated(result.truncatedEmbeddings);
      return status === 'ok' && result.truncatedEmbeddings === 0 ? 'published' : 'published_degraded';
    }
    telemetry.publishError();
    telemetry.frameDropped(cameraId, `publish_${result?.reason ?? 'unknown'}`);
    return 'publish_failed';
  }

  async function processBatch(batch: readonly PreparedFrame[]): Promise<void> {
    telemetry.batch(batch.length / batchSize);
    const written = await publish(await inferBatch(batch));
    await Promise.all(
      batch.map(async ({ lease }, index) => {
        const one = written[index];
        if (one === undefined) throw new Error('a sink must answer for every event');
        const { event, result } = one;
        const outcome = outcomeOf(event.camera_id, event.status, result);
        if (result?.ok === true) {
          telemetry.frameProcessed(event.camera_id);
          telemetry.detections(event.camera_id, event.detections.length);
          telemetry.observeEndToEnd(Math.max(0, Date.now() / 1000 - event.ingest_ts));
        }
        await settle(lease, outcome);
      }),
    );
  }

  const batches = microBatch(preparedFrames(), {
    maxBatchSize: batchSize,
    maxDelayMs: options.batchTimeoutMs,
  });
  for await (const _ of pipelined(batches, processBatch, { depth: pipelineDepth - 1 })) {
    // Each batch has settled its own frames.
  }
}
