import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { DetectionEventToWrite, Logger, TraceContext } from '@trinetra/contracts';
import { createFrameDecoder } from '@trinetra/frame-decoder';
import { createPublisher } from '@trinetra/kafka-sink';
import { type EngineProof, endProcess, loadModels } from '@trinetra/person-pipeline';
import { modelOptions } from '@trinetra/person-pipeline/settings';
import {
  type Check,
  createGpuPoller,
  createLogLimiter,
  createMetricsServer,
  createReadiness,
  createTelemetry,
  limitRepeats,
  type Readiness,
} from '@trinetra/telemetry';
import { createFrameFollower, startTracing } from '@trinetra/tracing';
import { connectSource, createSink } from './connections.ts';
import type { FleetLink } from './fleet/link.ts';
import { createFrameAspects } from './frame-aspects.ts';
import { runPipeline } from './pipeline.ts';
import type { Settings } from './settings.ts';
import { openStatusPage } from './status-page.ts';
import { areTracesOn } from './trace-settings.ts';

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

  /** One is added as each part comes up, that of the sink at last. */
  const checks: Record<string, Check> = { models: () => ({ ok: false, detail: 'loading' }) };
  const askChecks = createReadiness(checks);
  const ready = async (): Promise<Readiness> => {
    const answer = await askChecks();
    return { ...answer, ready: answer.ready && 'sink' in answer.checks };
  };
  await using server = await createMetricsServer({
    host: config.METRICS_HOST,
    port: config.METRICS_PORT,
    registry: telemetry.registry,
    health: () => ({ status: 'alive', worker_id: workerId, version }),
    ready,
  });
  telemetry.setReady(async () => (await ready()).ready);
  await using page = await openStatusPage({ config, version, telemetry, logger, ready });
  if (page !== undefined) logger.info({ url: page.url }, 'status page');
  await using _poller = fleet === undefined ? createGpuPoller({ telemetry }) : undefined;
  fleet?.listening(server.port);
  await using tracing = areTracesOn(config)
    ? await startTracing({
        settings: config,
        serviceName: 'trinetra-worker',
        version,
        instanceId: workerId,
        logger,
        signal,
        stopTimeoutMs: config.STOP_TIMEOUT_MS,
      })
    : undefined;

  using limiter = createLogLimiter(logger);
  const onDeviceLost = (error: Error): void => {
    logger.error({ err: error }, 'the GPU is lost to this process: it ends, and its frames are read again');
    endProcess();
  };
  const wanted = modelOptions(config);
  await using models = await loadModels({
    ...wanted,
    runtime: { ...wanted.runtime, onStuck, onDeviceLost },
    observer: telemetry,
    logger,
    limitedLog: limiter,
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (models === null) {
    logger.info({}, 'stopped before the models were ready');
    return;
  }
  const { detector, proof } = models;
  checks['models'] = () => ({ ok: true, detail: models.loaded });
  checks['engine'] = () => proof.check();
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
  const traceContexts = new WeakMap<DetectionEventToWrite, TraceContext>();
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
  checks['inference'] = () => models.health.check();
  checks['redis'] = () => ({ ok: source.isHealthy(), detail: { consumer: source.consumerName } });
  checks['sink'] = async () => {
    const problem = await sink.problem();
    const { reason, message, partitions } = problem ?? {};
    telemetry.partitionsUnavailable(partitions?.length ?? 0);
    return { ok: problem === null, detail: { waiting: publisher.stats(), reason, message, partitions } };
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
    models,
    decoder,
    telemetry,
    logger,
    limiter,
    onEvent: page === undefined ? undefined : (entry, event, aspect) => page.offer(entry, event, aspect),
    onPublished: page === undefined ? undefined : (cameraId, seconds) => page.published(cameraId, seconds),
    aspectOf: createFrameAspects({ config, telemetry, logger }),
    workerId,
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
