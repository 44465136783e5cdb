import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  defined,
  type FrameOutcome,
  type Logger,
  parseTraceContext,
  requireOptions,
  type TraceContext,
} from '@trinetra/contracts';
import { refusing } from './errors.ts';

/** What makes spans. */
export interface Tracers {
  /** Of frames: asks the sampler. */
  readonly frames: Tracer;
  /** Of batches, which are recorded where a frame in them is. */
  readonly batches: Tracer;
  /** Reads and writes the W3C headers. */
  readonly propagator: TextMapPropagator;
}

export interface FollowOptions {
  readonly workerId: string;
  /** Where each frame gets a line, at debug; null: nowhere. */
  readonly logger: Logger | null;
  /** Null: no spans. */
  readonly tracers: Tracers | null;
}

/** A frame as it enters the pipeline. */
export interface FrameStart {
  readonly cameraId: string;
  readonly frameId: string;
  /** `performance.now()` when its entry was taken up. */
  readonly leasedAt: number;
  /** How long the frame had waited by then, ms, where that is known. */
  readonly queuedMs?: number | undefined;
  readonly traceContext?: TraceContext | undefined;
}

/** What became known of a frame on its way. */
export interface FrameNotes {
  /** Of its event: `ok`, `degraded` or `failed`. */
  readonly status?: string;
  readonly persons?: number;
  /** Why it is refused, degraded, failed or not published. */
  readonly reason?: string;
  /** The same as one sentence, where there is one. */
  readonly message?: string;
}

/** Follows frames through the pipeline, each by itself. */
export interface FrameFollower {
  begin(start: FrameStart): FollowedFrame;
  /** The frames that go through the models together from now on. */
  beginBatch(frames: readonly (FollowedFrame | undefined)[]): void;
  /** They are through the models. */
  endBatch(frames: readonly (FollowedFrame | undefined)[]): void;
}

/**
 * Makes what follows frames; undefined where nobody asks for it, so that each stage has one `undefined` to look at and nothing to note.
 */
export function createFrameFollower(options: FollowOptions): FrameFollower | undefined {
  const { logger, tracers, workerId } = requireOptions(options, refusing);
  if (logger === null && tracers === null) return undefined;
  return {
    begin: (start) => new FollowedFrame(options, start),
    beginBatch(frames) {
      const followed = frames.filter((frame) => frame !== undefined);
      const links = followed.flatMap((frame) => frame.link ?? []);
      const span =
        links.length === 0
          ? undefined
          : tracers?.batches.startSpan(
              'infer batch',
              { links, attributes: { worker_id: workerId, batch_size: frames.length } },
              ROOT_CONTEXT,
            );
      for (const frame of followed) frame.joinBatch(frames.length, span);
    },
    endBatch(frames) {
      frames.find((frame) => frame !== undefined)?.endBatch();
    },
  };
}

/** Stages that the frames of a batch go through together. */
const sharedStages: readonly string[] = ['detect', 'align', 'embed'];

const errorOutcomes: readonly FrameOutcome[] = ['corrupt', 'publish_failed'];

interface StageTimes {
  readonly stage: string;
  /** `performance.now()`. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * One frame on its way: its stages, and at its end one line in the log and one span with a child for each stage. It holds no pixels
 * and no embeddings.
 */
export class FollowedFrame {
  readonly #options: FollowOptions;
  readonly #start: FrameStart;
  readonly #stages: StageTimes[] = [];
  /** Unix time less `performance.now()`, ms: read anew for each frame, as clocks are set. */
  readonly #epochMs = Date.now() - performance.now();
  readonly #span: Span | undefined;
  #notes: FrameNotes = {};
  #batchSize: number | undefined;
  #batch: Span | undefined;

  constructor(options: FollowOptions, start: FrameStart) {
    this.#options = options;
    this.#start = start;
    const { leasedAt, queuedMs, cameraId, frameId } = start;
    if (queuedMs !== undefined) this.stage('queue', leasedAt - queuedMs, leasedAt);
    this.#span = options.tracers?.frames.startSpan(
      'process frame',
      {
        kind: SpanKind.CONSUMER,
        startTime: this.#epochMs + leasedAt - (queuedMs ?? 0),
        attributes: {
          'messaging.system': 'redis',
          'messaging.operation.type': 'process',
          camera_id: cameraId,
          frame_id: frameId,
          worker_id: options.workerId,
        },
      },
      this.#parent(),
    );
  }

  /** The trace of whoever wrote the entry, or none. */
  #parent(): Context {
    const { traceContext } = this.#start;
    const propagator = this.#options.tracers?.propagator;
    if (traceContext === undefined || propagator === undefined) return ROOT_CONTEXT;
    return propagator.extract(ROOT_CONTEXT, traceContext, defaultTextMapGetter);
  }

  /** To the span of the frame, where it is recorded. */
  get link(): Link | undefined {
    return this.#span?.isRecording() === true ? { context: this.#span.spanContext() } : undefined;
  }

  /** What whoever takes the event goes on with: this frame's span, or without spans what came with the entry. */
  get traceContext(): TraceContext | undefined {
    if (this.#span === undefined) return this.#start.traceContext;
    const headers: Record<string, string> = {};
    const context = trace.setSpan(ROOT_CONTEXT, this.#span);
    this.#options.tracers?.propagator.inject(context, headers, defaultTextMapSetter);
    return parseTraceContext(headers['traceparent'], headers['tracestate']);
  }

  joinBatch(size: number, span: Span | undefined): void {
    this.#batchSize = size;
    this.#batch = span;
  }

  /** Of all frames of the batch, which share its span. */
  endBatch(): void {
    this.#batch?.end();
  }

  /** Notes that the frame was in a stage; both times are of `performance.now()`. */
  stage(stage: string, startedAt: number, endedAt: number): void {
    this.#stages.push({ stage, startedAt, endedAt });
  }

  note(notes: FrameNotes): void {
    this.#notes = { ...this.#notes, ...notes };
  }

  /** The outcome is known: writes the line and the spans. */
  end(outcome: FrameOutcome): void {
    const { cameraId, frameId } = this.#start;
    const told = defined({ outcome, ...this.#notes, batch_size: this.#batchSize });
    const stages_ms = Object.fromEntries(
      this.#stages.map(({ stage, startedAt, endedAt }) => [stage, Number((endedAt - startedAt).toFixed(2))]),
    );
    const trace_id = this.#span?.spanContext().traceId;
    this.#options.logger?.debug(
      defined({ camera_id: cameraId, frame_id: frameId, ...told, stages_ms, trace_id }),
      'frame is done',
    );
    if (this.#span?.isRecording() !== true) return;
    this.#span.setAttributes(told);
    if (errorOutcomes.includes(outcome) || told.status === 'failed') {
      this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(told.reason && { message: told.reason }) });
    }
    this.#endSpans(this.#span);
  }

  #endSpans(span: Span): void {
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const batch = this.#batch?.spanContext();
    for (const { stage, startedAt, endedAt } of this.#stages) {
      const options = defined({
        startTime: this.#epochMs + startedAt,
        kind: stage === 'publish' ? SpanKind.PRODUCER : undefined,
        links: batch !== undefined && sharedStages.includes(stage) ? [{ context: batch }] : undefined,
      });
      this.#options.tracers?.frames.startSpan(stage, options, context).end(this.#epochMs + endedAt);
    }
    span.end();
  }
}

/** The stage of all frames of a batch; what it costs without a follower is one look at each. */
export function noteStage(
  frames: readonly { readonly followed: FollowedFrame | undefined }[],
  stage: string,
  startedAt: number,
  endedAt: number,
): void {
  for (const { followed } of frames) followed?.stage(stage, startedAt, endedAt);
}
