import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { DetectionEvent, Logger, TraceContext } from '@trinetra/contracts';
import { createFrameDecoder } from '@trinetra/frame-decoder';
import { createPublisher } from '@trinetra/kafka-sink';
import {
  createGpuPoller,
  createLogLimiter,
  createMetricsServer,
  createTelemetry,
  limitRepeats,
} from '@trinetra/telemetry';
import { connectSource, createSink } from './connections.ts';
import { endProcess } from './end-process.ts';
import type { EngineProof } from './engine-proof.ts';
import type { FleetLink } from './fleet/link.ts';
import { createFrameFollower } from './follow-frames.ts';
import { createFrameAspects } from './frame-aspects.ts';
import { createInferenceHealth } from './inference-health.ts';
import { loadModels } from './models.ts';
import { runPipeline } from './pipeline.ts';
import type { Ready } from './ready.ts';
import type { Settings } from './settings.ts';
import { openStatusPage } from './status-page.ts';
import { startTracing } from './tracing.ts';

/** How long a stop waits for Kafka to take the events that wait, if it may take so long; their frames are handed back otherwise. */
const bufferLimitMs = 3000;

/** What a server that is away is told of, at most once in this time for each kind of error, ms. */
const outageLineMs = 60_000;

/** How long what is in flight may take to finish once the engine is stuck. */
const stuckLimitMs = 9500;

export interface RunWorkerOptions {
  readonly config: Settings;
  readonly version: string;
  readonly logger: Logger;
  /** Aborted: reading stops, and what is in flight is finished, published and acked. */
  readonly signal: AbortSignal;
  /** Where it is one worker of several on this machine: the fleet, which tells of the GPUs itself. */
  readonly fleet?: FleetLink | undefined;
}

/**
 * The life of a worker: starts everything, runs until `signal` aborts, and closes everything in reverse order. Where an
 * inference thread is stuck in native code it does the same and then ends the process (SIGKILL) for a clean restart.
 *
 * @throws where a model, Redis or the metrics port cannot be had at start, and where nobody reads the standard output that events go
 * to any more.
 */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const stuck = new AbortController();
  const onStuck = (error: Error): void => {
    options.logger.error(
      { err: error },
      'stopping: the engine is stuck, and only an end of the process frees it',
    );
    stuck.abort();
    globalThis.setTimeout(endProcess, stuckLimitMs);
  };
  const gone = new AbortController();
  const signal = AbortSignal.any([options.signal, stuck.signal, gone.signal]);
  await live({ ...options, signal }, { onStuck, onGone: () => gone.abort() });
  if (stuck.signal.aborted) endProcess();
  if (gone.signal.aborted) {
    throw new Error(
      'nobody reads standard output any more: frames whose events it did not take are read again',
    );
  }
}

/** Waits until the models give what they should: no frame is read before. False where the worker is stopped meanwhile. */
async function provenOrStopped(
  proof: EngineProof,
  intervalMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  while (!(await proof.prove())) {
    if (signal.aborted) return false;
    await setTimeout(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  return true;
}

/** Told of what ends the worker from within. */
interface Ends {
  readonly onStuck: (error: Error) => void;
  /** Nobody takes the events any more. */
  readonly onGone: () => void;
}

async function live(options: RunWorkerOptions, { onStuck, onGone }: Ends): Promise<void> {
  const { config, version, logger, signal, fleet } = options;
  const workerId = config.CONSUMER_NAME;
  const telemetry = createTelemetry({ workerId, version });

  let ready: () => Promise<Ready> = async () => ({
    ready: false,
    checks: { models: { ok: false, detail: 'loading' } },
  });
  await using server = await createMetricsServer({
    host: config.METRICS_HOST,
    port: config.METRICS_PORT,
    registry: telemetry.registry,
    health: () => ({ status: 'alive', worker_id: workerId, version }),
    ready: () => ready(),
  });
  telemetry.setReady(async () => (await ready()).ready);
  await using page = await openStatusPage({ config, version, telemetry, logger, ready: () => ready() });
  if (page !== undefined) logger.info({ url: page.url }, 'status page');
  await using _poller = fleet === undefined ? createGpuPoller({ telemetry }) : undefined;
  fleet?.listening(server.port);
  await using tracing = await startTracing({ config, version, logger, signal });

  using limiter = createLogLimiter(logger);
  const health = createInferenceHealth({
    maxConsecutiveFailures: config.MAX_CONSECUTIVE_FAILURES,
    telemetry,
    limiter,
  });
  const onDeviceLost = (error: Error): void => {
    logger.error({ err: error }, 'the GPU is lost to this process: it ends, and its frames are read again');
    endProcess();
  };
  const watch = { telemetry, logger, limiter, health, onStuck, onDeviceLost, signal };
  await using models = await loadModels(config, watch).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (models === null) {
    logger.info({}, 'stopped before the models were ready');
    return;
  }
  const { detector, aligner, embedder, alignTogether, embeddingSpace, proof } = models;
  const modelChecks = () => ({ models: { ok: true, detail: models.loaded }, engine: proof.check() });
  ready = async () => ({ ready: false, checks: modelChecks() });
  if (!(await provenOrStopped(proof, config.PROBE_INTERVAL_MS, signal))) return;
  proof.start();
  await using decoder = await createFrameDecoder({
    inputSizes: detector.inputSizes,
    tensorType: detector.tensorType,
    rejectFlat: config.SKIP_FLAT_FRAMES === 'on',
    jpegAccuracy: config.JPEG_DECODING,
    threads: config.DECODE_THREADS ?? Math.min(4, availableParallelism()),
    logger,
  });
  const traceContexts = new WeakMap<DetectionEvent, TraceContext>();
  await using sink = await createSink(config, logger, {
    onGone,
    traceContextOf: (event) => traceContexts.get(event),
  });
  const publisher = createPublisher({
    sink,
    failurePolicy: config.KAFKA_FAILURE_POLICY,
    maxBytes: config.KAFKA_BUFFER_MAX_BYTES,
    onNotPublished: () => telemetry.publishError(),
    logger,
  });
  using outageLimiter = createLogLimiter(logger, { intervalMs: outageLineMs });
  await using source = await connectSource(config, limitRepeats(logger, outageLimiter));
  telemetry.setSourceStats(() => source.stats());
  ready = async () => {
    const problem = await sink.problem();
    const sinkOk = problem === null;
    telemetry.partitionsUnavailable(problem?.partitions?.length ?? 0);
    const sourceOk = source.isHealthy();
    const inference = health.check();
    return {
      ready: sinkOk && sourceOk && inference.ok && proof.check().ok,
      checks: {
        ...modelChecks(),
        inference,
        redis: { ok: sourceOk, detail: { consumer: source.consumerName } },
        sink: {
          ok: sinkOk,
          detail: {
            waiting: publisher.stats(),
            ...(problem === null
              ? {}
              : { reason: problem.reason, message: problem.message, partitions: problem.partitions }),
          },
        },
      },
    };
  };

  const stop = (): void => {
    source.stop({ unpulled: 'serve' });
    void publisher.close(Math.min(bufferLimitMs, config.STOP_TIMEOUT_MS / 2));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  logger.info({ metricsPort: server.port, models: models.loaded, sink: config.SINK.kind }, 'worker is ready');
  await runPipeline({
    source,
    publisher,
    stages: { decoder, detector, aligner, embedder, alignTogether, telemetry, logger, limiter },
    onEvent: page === undefined ? undefined : (entry, event, aspect) => page.offer(entry, event, aspect),
    onPublished: page === undefined ? undefined : (cameraId, seconds) => page.published(cameraId, seconds),
    aspectOf: createFrameAspects({ config, telemetry, logger }),
    workerId,
    embeddingSpace,
    batchSize: config.BATCH_SIZE,
    batchTimeoutMs: config.BATCH_TIMEOUT_MS,
    maxFrameAgeMs: config.MAX_FRAME_AGE_MS,
    follower: createFrameFollower({
      workerId,
      logger: config.LOG_LEVEL === 'debug' ? logger : null,
      tracers: tracing?.tracers ?? null,
    }),
    traceContexts,
  });
  logger.info({}, 'everything in flight is finished');
}
