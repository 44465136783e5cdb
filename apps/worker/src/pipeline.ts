import {
  ageOfFrame,
  type DetectionEvent,
  type FrameEntry,
  type FrameOutcome,
  type TraceContext,
} from '@trinetra/contracts';
import type { Delivery, Publisher, PublishResult } from '@trinetra/kafka-sink';
import { microBatch, pipelined } from '@trinetra/micro-batch';
import type { Lease, RedisBatchSource } from '@trinetra/redis-batch-source';
import { assembleEvent, type FrameFindings } from './assemble-event.ts';
import type { FollowedFrame, FrameFollower } from './follow-frames.ts';
import type { AspectOf } from './frame-aspects.ts';
import { inOrder } from './in-order.ts';
import { createInferBatch, handOverMs, type InferenceStages } from './infer-batch.ts';
import {
  createPrepareFrame,
  type PreparedFrame,
  type PrepareResult,
  type RefusedFrame,
} from './prepare-frame.ts';

/** Batches in the worker at once: one is read and decoded, one waits at the engine, one is on it, one is aligned, one on its way out. */
export const pipelineDepth = 5;

export interface PipelineOptions {
  readonly source: RedisBatchSource;
  readonly publisher: Publisher;
  readonly stages: InferenceStages;
  /** Of what the camera of a frame saw. */
  readonly aspectOf: AspectOf;
  /** Told of each frame with its event, and of width over height of what the camera saw; must return at once. */
  readonly onEvent?: ((entry: FrameEntry, event: DetectionEvent, aspectRatio: number) => void) | undefined;
  /** Told of each published event: its camera, and the seconds since the ingest of its frame. */
  readonly onPublished?: ((cameraId: string, seconds: number) => void) | undefined;
  readonly workerId: string;
  readonly embeddingSpace: string | null;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly maxFrameAgeMs: number | null;
  /** Undefined: frames are not followed. */
  readonly follower: FrameFollower | undefined;
  /** Where the sink finds what to write beside an event. */
  readonly traceContexts: WeakMap<DetectionEvent, TraceContext>;
}

/** What is left of an event once it is with the sink. */
interface Published {
  readonly cameraId: string;
  readonly status: string;
  readonly ingestTs: number;
  readonly persons: number;
  readonly delivery: Delivery;
  /** `performance.now()` when it was handed to the sink. */
  readonly handedOverAt: number;
  readonly followed: FollowedFrame | undefined;
}

/**
 * Reads, decodes, batches, infers, publishes and acks until the source ends. Resolves once every leased frame has
 * its outcome. Memory is bounded by `pipelineDepth * batchSize` leases, whatever the number of cameras.
 */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { source, publisher, stages, batchSize, follower, traceContexts } = options;
  const { telemetry, logger } = stages;
  const prepareFrame = createPrepareFrame({
    decoder: stages.decoder,
    aspectOf: options.aspectOf,
    telemetry,
    logger,
    maxFrameAgeMs: options.maxFrameAgeMs,
    follower,
  });
  const { infer, engineBusy } = createInferBatch(stages);

  async function settle(
    lease: Lease,
    outcome: FrameOutcome,
    followed: FollowedFrame | undefined,
  ): Promise<void> {
    const startedAt = performance.now();
    await source.settle(lease, outcome);
    const endedAt = performance.now();
    telemetry.observeStage('ack', (endedAt - startedAt) / 1000);
    followed?.stage('ack', startedAt, endedAt);
    followed?.end(outcome);
  }

  async function refuse(refused: RefusedFrame): Promise<void> {
    telemetry.frameDropped(refused.cameraId, refused.reason);
    await settle(refused.lease, refused.outcome, refused.followed);
  }

  /** Frames that are being decoded. */
  let preparing = 0;

  async function prepare(lease: Lease): Promise<PrepareResult> {
    preparing += 1;
    return prepareFrame(lease).finally(() => {
      preparing -= 1;
    });
  }

  /**
   * The way through Redis and decoding are part of a frame's wait for its batch. But where others are being decoded they are worth the
   * wait, or a worker that can hardly decode as fast as frames come would run each alone; and a frame that lay in its stream for longer
   * than a batch waits is one of a backlog, where the others follow. The wait ends where the engine begins.
   */
  const waitingSince = ({ lease, leasedAt, readyAt }: PreparedFrame): number => {
    if (preparing > 0) return readyAt - handOverMs;
    const waitedMs = lease.waitedMs < options.batchTimeoutMs ? lease.waitedMs : 0;
    return leasedAt - waitedMs - handOverMs;
  };

  async function* preparedFrames(): AsyncGenerator<PreparedFrame> {
    for await (const result of pipelined(source.leases(), prepare, { depth: batchSize })) {
      if (result.ok) yield result.prepared;
      else await refuse(result.refused);
    }
  }

  /** Hands events over in the order of their frames; what becomes of each takes as long as its partition does. */
  const publish = inOrder(async (findings: FrameFindings[]) => {
    const workerTs = Date.now() / 1000;
    const context = { workerId: options.workerId, embeddingSpace: options.embeddingSpace, workerTs };
    const events = findings.map((finding) => {
      const event = assembleEvent(finding, context);
      telemetry.frameInferred(event.camera_id);
      options.onEvent?.(finding.entry, event, finding.aspectRatio);
      const { followed, entry } = finding;
      const traceContext = followed === undefined ? entry.traceContext : followed.traceContext;
      if (traceContext !== undefined) traceContexts.set(event, traceContext);
      return event;
    });
    return {
      published: write(
        events,
        findings.map(({ followed }) => followed),
      ),
    };
  });

  async function write(
    events: readonly DetectionEvent[],
    frames: readonly (FollowedFrame | undefined)[],
  ): Promise<Published[]> {
    const startedAt = performance.now();
    const deliveries = await publisher.publish(events);
    telemetry.observeStage('publish', (performance.now() - startedAt) / 1000);
    telemetry.eventsWaiting(publisher.stats().events);
    return events.map((event, index) => {
      const delivery = deliveries[index];
      if (delivery === undefined) throw new Error('a sink must answer for every event');
      const { camera_id: cameraId, status, reasons, ingest_ts: ingestTs, detections } = event;
      const followed = frames[index];
      followed?.note({
        status,
        persons: detections.length,
        ...(reasons.length > 0 && { reason: reasons.join(', ') }),
      });
      return {
        cameraId,
        status,
        ingestTs,
        persons: detections.length,
        delivery,
        handedOverAt: startedAt,
        followed,
      };
    });
  }

  function outcomeOf({ cameraId, status, followed }: Published, result: PublishResult): FrameOutcome {
    if (result.ok) {
      if (result.truncatedEmbeddings > 0) telemetry.embeddingsTruncated(result.truncatedEmbeddings);
      return status === 'ok' && result.truncatedEmbeddings === 0 ? 'published' : 'published_degraded';
    }
    if (result.reason === 'undelivered') return 'released'; // whoever has the frame next publishes it
    telemetry.frameDropped(cameraId, `publish_${result.reason}`);
    followed?.note({ reason: `publish_${result.reason}` });
    return 'publish_failed';
  }

  async function finish(published: Published, lease: Lease, result: PublishResult): Promise<void> {
    published.followed?.stage('publish', published.handedOverAt, performance.now());
    const outcome = outcomeOf(published, result);
    if (result.ok) {
      telemetry.frameProcessed(published.cameraId);
      telemetry.detections(published.cameraId, published.persons);
      const ageMs = ageOfFrame({ frameId: lease.entryId, ingestTs: published.ingestTs }, Date.now());
      if (ageMs !== undefined) {
        telemetry.observeEndToEnd(ageMs / 1000);
        options.onPublished?.(published.cameraId, ageMs / 1000);
      }
    }
    await settle(lease, outcome, published.followed);
    telemetry.eventsWaiting(publisher.stats().events);
  }

  /** Frames whose events wait for the sink while the pipeline goes on. */
  const waiting = new Set<Promise<void>>();

  async function finishOrWait(published: Published, lease: Lease): Promise<void> {
    const { delivery } = published;
    if (!delivery.waiting) return finish(published, lease, delivery.result);
    if (delivery.holds) return finish(published, lease, await delivery.result);
    const parked = source.park(lease);
    const later: Promise<void> = delivery.result
      .then((result) => finish(published, parked, result))
      .finally(() => waiting.delete(later));
    waiting.add(later);
    return undefined;
  }

  async function inferTogether(batch: readonly PreparedFrame[]): Promise<FrameFindings[]> {
    const endBatch = follower?.beginBatch(batch.map(({ followed }) => followed));
    try {
      return await infer(batch);
    } finally {
      endBatch?.();
    }
  }

  async function processBatch(batch: readonly PreparedFrame[]): Promise<void> {
    telemetry.batch(batch.length / batchSize);
    const handedOver = await publish(await inferTogether(batch));
    const published = await handedOver.published;
    await Promise.all(
      batch.map(async ({ lease }, index) => {
        const one = published[index];
        if (one === undefined) throw new Error('inference must answer for every frame');
        await finishOrWait(one, lease);
      }),
    );
  }

  const batches = microBatch(preparedFrames(), {
    maxBatchSize: batchSize,
    maxDelayMs: options.batchTimeoutMs,
    waitingSince,
    busy: engineBusy,
  });
  for await (const _ of pipelined(batches, processBatch, { depth: pipelineDepth - 1 })) {
    // Each batch has settled its own frames, or parked them.
  }
  await Promise.all(waiting);
}
