import type { FrameOutcome } from '@trinetra/contracts';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import { drain, microBatch, stage } from '@trinetra/micro-batch';
import {
  batchesAtOnce,
  createPersonStages,
  handOverMs,
  type ModelStage,
  type Models,
} from '@trinetra/person-pipeline';
import type { Lease } from '@trinetra/redis-batch-source';
import type { LogLimiter } from '@trinetra/telemetry';
import { type FollowedFrame, noteStage } from '@trinetra/tracing';
import {
  createPrepareFrame,
  type PrepareFrameOptions,
  type PrepareResult,
  type WorkerFrame,
} from './prepare-frame.ts';
import { createFramePublisher, type PublishFramesOptions } from './publish-frames.ts';

/** Batches in the worker at once: one is read and decoded; the last of those on the engine may be on its way out already. */
const batchesInWorker = 1 + batchesAtOnce.detect + batchesAtOnce.align + batchesAtOnce.embed;

/** Frames that a worker holds, at most: the source leases no more. */
export const maxInFlight = (batchSize: number): number => batchSize * batchesInWorker;

export interface PipelineOptions
  extends Omit<PrepareFrameOptions, 'decoder'>,
    Omit<PublishFramesOptions, 'settle' | 'embeddingSpace'> {
  readonly models: Models;
  readonly decoder: FrameDecoder;
  /** For lines that a broken engine would write for every frame. */
  readonly limiter: LogLimiter;
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
}

/**
 * Reads, decodes, batches, infers, publishes and acks until the source ends. Resolves once every leased frame has
 * its outcome. Memory is bounded by {@link maxInFlight}, whatever the number of cameras.
 */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { source, decoder, telemetry, follower, batchSize, batchTimeoutMs } = options;
  const prepareFrame = createPrepareFrame(options);
  const { publish, whenParkedAreSettled } = createFramePublisher({
    ...options,
    embeddingSpace: options.models.embeddingSpaceOf(decoder),
    settle,
  });
  const persons = createPersonStages<WorkerFrame>(options.models, {
    decoder,
    limitedLog: options.limiter,
    describe: ({ entry }) => ({ camera_id: entry.cameraId, frame_id: entry.frameId }),
    onStage: noteModelStage,
  });
  /** Frames that are being decoded. */
  let preparing = 0;

  async function prepare(lease: Lease): Promise<PrepareResult> {
    preparing += 1;
    return prepareFrame(lease).finally(() => {
      preparing -= 1;
    });
  }

  async function* readyFrames(): AsyncGenerator<WorkerFrame> {
    for await (const result of stage(source.leases(), prepare, { atOnce: batchSize })) {
      if (result.ok) yield result.frame;
      else {
        const { cameraId, reason, lease, outcome, followed } = result;
        telemetry.frameDropped(cameraId, reason);
        await settle(lease, outcome, followed);
      }
    }
  }

  /**
   * The way through Redis and decoding are part of a frame's wait for its batch. But where others are being decoded they are worth the
   * wait, or a worker that can hardly decode as fast as frames come would run each alone; and a frame that lay in its stream for longer
   * than a batch waits is one of a backlog, where the others follow.
   */
  function waitingSince({ lease, leasedAt, readyAt }: WorkerFrame): number {
    if (preparing > 0) return readyAt;
    return leasedAt - (lease.waitedMs < batchTimeoutMs ? lease.waitedMs : 0);
  }

  async function detect(batch: readonly WorkerFrame[]): Promise<readonly WorkerFrame[]> {
    telemetry.batch(batch.length / batchSize);
    follower?.beginBatch(batch.map(({ followed }) => followed));
    return persons.detect(batch);
  }

  function noteModelStage(
    name: ModelStage,
    batch: readonly WorkerFrame[],
    startedAt: number,
    endedAt: number,
  ): void {
    const seconds = (endedAt - startedAt) / 1000;
    if (name === 'detect') {
      for (const { readyAt, followed } of batch) {
        telemetry.observeStage('batch_wait', (startedAt - readyAt) / 1000);
        followed?.stage('batch_wait', readyAt, startedAt);
      }
      telemetry.observeDetectionLatency(seconds);
    }
    telemetry.observeStage(name, seconds);
    noteStage(batch, name, startedAt, endedAt);
    if (name !== 'embed') return;
    follower?.endBatch(batch.map(({ followed }) => followed));
    if (batch.some((frame) => frame.persons.some(({ face }) => face?.ok)))
      telemetry.observeEmbeddingLatency(seconds);
  }

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

  const batches = microBatch(readyFrames(), {
    maxBatchSize: batchSize,
    maxDelayMs: Math.max(0, batchTimeoutMs - handOverMs), // the wait ends where the engine begins
    waitingSince,
    busy: persons.busy,
  });
  const detected = stage(batches, detect, { atOnce: batchesAtOnce.detect });
  const aligned = stage(detected, persons.align, { atOnce: batchesAtOnce.align });
  const embedded = stage(aligned, persons.embed, { atOnce: batchesAtOnce.embed });
  await drain(stage(embedded, publish, { atOnce: batchesInWorker }));
  await whenParkedAreSettled();
}
