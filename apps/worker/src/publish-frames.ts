import {
  ageOfFrame,
  type DetectionEvent,
  type DetectionEventToWrite,
  type FrameEntry,
  type FrameOutcome,
  type TraceContext,
} from '@trinetra/contracts';
import type { Delivery, Publisher, PublishResult } from '@trinetra/kafka-sink';
import { toDetectionEvent } from '@trinetra/person-pipeline';
import type { Lease, RedisBatchSource } from '@trinetra/redis-batch-source';
import type { Telemetry } from '@trinetra/telemetry';
import type { FollowedFrame } from '@trinetra/tracing';
import type { WorkerFrame } from './prepare-frame.ts';

export interface PublishFramesOptions {
  readonly source: RedisBatchSource;
  readonly publisher: Publisher;
  readonly workerId: string;
  readonly embeddingSpace: string | null;
  readonly telemetry: Telemetry;
  /** Told of each frame with its event, and of width over height of what the camera saw; must return at once. */
  readonly onEvent?: ((entry: FrameEntry, event: DetectionEvent, aspectRatio: number) => void) | undefined;
  /** Told of each published event: its camera, and the seconds since the ingest of its frame. */
  readonly onPublished?: ((cameraId: string, seconds: number) => void) | undefined;
  /** Where the sink finds what to write beside an event. */
  readonly traceContexts: WeakMap<DetectionEventToWrite, TraceContext>;
  /** Says how a frame ended. */
  readonly settle: (
    lease: Lease,
    outcome: FrameOutcome,
    followed: FollowedFrame | undefined,
  ) => Promise<void>;
}

/** What is left of a frame once its event is with the sink: no pixels and no embeddings, however long it waits. */
interface Published {
  readonly cameraId: string;
  readonly status: string;
  readonly ingestTs: number;
  readonly persons: number;
  /** `performance.now()` when it was handed to the sink. */
  readonly handedOverAt: number;
  readonly followed: FollowedFrame | undefined;
}

/** The end of the pipeline: from what was found in frames to their outcomes. */
export interface FramePublisher {
  /**
   * Hands the events of a batch to the sink before it returns, so that calls are published in their order, and settles the frames.
   * Frames whose events wait for the sink are parked, and settled later: they hold up nothing.
   */
  publish(batch: readonly WorkerFrame[]): Promise<void>;
  /** Resolves once no frame is parked any more. */
  whenParkedAreSettled(): Promise<void>;
}

export function createFramePublisher(options: PublishFramesOptions): FramePublisher {
  const { source, publisher, telemetry, traceContexts, settle } = options;
  const parked = new Set<Promise<void>>();

  function eventOf(frame: WorkerFrame, workerTs: number): DetectionEvent {
    const { workerId, embeddingSpace } = options;
    const { entry, followed, persons, failure } = frame;
    const { image } = frame.frame;
    const findings = { image, persons, failure, embeddingSpace };
    const event = toDetectionEvent(findings, { ...entry, workerId, workerTs });
    telemetry.frameInferred(event.camera_id);
    const { width, height, pixelAspectRatio = 1 } = image;
    options.onEvent?.(entry, event, (pixelAspectRatio * width) / height);
    const traceContext = followed === undefined ? entry.traceContext : followed.traceContext;
    if (traceContext !== undefined) traceContexts.set(event, traceContext);
    return event;
  }

  async function publish(batch: readonly WorkerFrame[]): Promise<void> {
    const workerTs = Date.now() / 1000;
    const events = batch.map((frame) => eventOf(frame, workerTs));
    const handedOverAt = performance.now();
    const deliveries = await publisher.publish(events);
    telemetry.observeStage('publish', (performance.now() - handedOverAt) / 1000);
    telemetry.eventsWaiting(publisher.stats().events);
    await Promise.all(
      batch.map(({ lease, followed }, index) => {
        const [event, delivery] = [events[index], deliveries[index]];
        if (event === undefined || delivery === undefined)
          throw new Error('a sink must answer for every event');
        const { camera_id: cameraId, status, reasons, ingest_ts: ingestTs, detections } = event;
        const persons = detections.length;
        followed?.note({ status, persons, ...(reasons.length > 0 && { reason: reasons.join(', ') }) });
        return finishOrPark({ cameraId, status, ingestTs, persons, handedOverAt, followed }, lease, delivery);
      }),
    );
  }

  async function finishOrPark(published: Published, lease: Lease, delivery: Delivery): Promise<void> {
    if (!delivery.waiting) return finish(published, lease, delivery.result);
    if (delivery.holds) return finish(published, lease, await delivery.result);
    const kept = source.park(lease);
    const later: Promise<void> = delivery.result
      .then((result) => finish(published, kept, result))
      .finally(() => parked.delete(later));
    parked.add(later);
    return undefined;
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
    const { cameraId, ingestTs, persons, handedOverAt, followed } = published;
    followed?.stage('publish', handedOverAt, performance.now());
    const outcome = outcomeOf(published, result);
    if (result.ok) {
      telemetry.frameProcessed(cameraId);
      telemetry.detections(cameraId, persons);
      const ageMs = ageOfFrame({ frameId: lease.entryId, ingestTs }, Date.now());
      if (ageMs !== undefined) {
        telemetry.observeEndToEnd(ageMs / 1000);
        options.onPublished?.(cameraId, ageMs / 1000);
      }
    }
    await settle(lease, outcome, followed);
    telemetry.eventsWaiting(publisher.stats().events);
  }

  return {
    publish,
    whenParkedAreSettled: async () => {
      await Promise.all(parked);
    },
  };
}
