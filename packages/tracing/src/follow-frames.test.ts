import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { silentLogger } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createFrameFollower, type FollowedFrame, type FrameFollower, noteStage } from './follow-frames.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sampled = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
const notSampled = { traceparent: `00-${traceId}-b7ad6b7169203331-00` };

interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** With spans and lines that can be looked at. */
function createFollower(): { follower: FrameFollower; spans: InMemorySpanExporter; lines: Line[] } {
  const spans = new InMemorySpanExporter();
  const lines: Line[] = [];
  const tracer = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  }).getTracer('test');
  const follower = createFrameFollower({
    workerId: 'w',
    logger: { ...silentLogger, debug: (fields, message) => lines.push({ fields, message }) },
    tracers: { frames: tracer, batches: tracer, propagator: new W3CTraceContextPropagator() },
  });
  if (follower === undefined) throw new Error('expected a follower');
  return { follower, spans, lines };
}

const start = { cameraId: 'cam', frameId: '1-0', leasedAt: 1000 };

it('is nothing where neither spans nor lines are asked for', () => {
  expect(createFrameFollower({ workerId: 'w', logger: null, tracers: null })).toBeUndefined();
});

it('hands on what came with the entry where there are no spans', () => {
  const follower = createFrameFollower({ workerId: 'w', logger: silentLogger, tracers: null });
  expect(follower?.begin({ ...start, traceContext: sampled }).traceContext).toEqual(sampled);
  expect(follower?.begin(start).traceContext).toBeUndefined();
});

describe('the span of a frame', () => {
  it('lasts from when the frame was taken to its ack, and its stages lie where they were', () => {
    const { follower, spans, lines } = createFollower();
    const frame = follower.begin({ ...start, queuedMs: 40 });
    frame.stage('decode', 1000, 1007.5);
    frame.note({ status: 'ok', persons: 2 });
    frame.end('published');
    const [queue, decode, whole] = spans.getFinishedSpans();
    expect([queue?.name, decode?.name, whole?.name]).toEqual(['queue', 'decode', 'process frame']);
    const ms = ([seconds, nanoseconds]: [number, number]): number => seconds * 1000 + nanoseconds / 1e6;
    expect(queue?.startTime).toEqual(whole?.startTime);
    expect(ms(queue?.duration ?? [0, 0])).toBeCloseTo(40, 3);
    expect(ms(decode?.duration ?? [0, 0])).toBeCloseTo(7.5, 3);
    expect(ms(decode?.startTime ?? [0, 0])).toBeCloseTo(ms(queue?.endTime ?? [0, 0]), 2);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toEqual({
      camera_id: 'cam',
      frame_id: '1-0',
      outcome: 'published',
      status: 'ok',
      persons: 2,
      stages_ms: { queue: 40, decode: 7.5 },
      trace_id: whole?.spanContext().traceId,
    });
  });

  it.each([
    ['published', 'ok', 0],
    ['published_degraded', 'degraded', 0],
    ['published_degraded', 'failed', 2],
    ['publish_failed', 'ok', 2],
    ['corrupt', undefined, 2],
    ['stale', undefined, 0],
  ] as const)('of a frame that ends %s with status %s has the code %i', (outcome, status, code) => {
    const { follower, spans } = createFollower();
    const frame = follower.begin(start);
    frame.note(status === undefined ? { reason: 'why' } : { status });
    frame.end(outcome);
    expect(spans.getFinishedSpans().at(-1)?.status.code).toBe(code);
  });

  it('is handed on as the parent of what comes next, also where it is not recorded', () => {
    const { follower, spans } = createFollower();
    const traced = follower.begin({ ...start, traceContext: { ...sampled, tracestate: 'a=1' } });
    const silent = follower.begin({ ...start, traceContext: notSampled });
    expect(silent.traceContext?.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad)\\w{16}-00$`));
    traced.end('published');
    silent.end('published');
    const [span, ...others] = spans.getFinishedSpans();
    expect(others).toEqual([]);
    expect(traced.traceContext).toEqual({
      traceparent: `00-${traceId}-${span?.spanContext().spanId}-01`,
      tracestate: 'a=1',
    });
  });
});

describe('the span of a batch', () => {
  function infer(follower: FrameFollower, frames: (FollowedFrame | undefined)[]): void {
    follower.beginBatch(frames);
    noteStage(
      frames.map((followed) => ({ followed })),
      'detect',
      1000,
      1010,
    );
    follower.endBatch(frames);
    for (const frame of frames) frame?.end('published');
  }

  it('links to the frames of it that are recorded, and their stages to it', () => {
    const { follower, spans, lines } = createFollower();
    const frames = [sampled, notSampled, undefined].map((traceContext) =>
      follower.begin({ ...start, traceContext }),
    );
    infer(follower, frames);
    const finished = spans.getFinishedSpans();
    const [batch] = finished.filter(({ name }) => name === 'infer batch');
    const wholes = finished.filter(({ name }) => name === 'process frame');
    expect(wholes).toHaveLength(2);
    expect(batch?.attributes).toEqual({ worker_id: 'w', batch_size: 3 });
    expect(batch?.links.map(({ context }) => context.spanId)).toEqual(
      wholes.map((whole) => whole.spanContext().spanId),
    );
    for (const detect of finished.filter(({ name }) => name === 'detect')) {
      expect(detect.links.map(({ context }) => context)).toEqual([batch?.spanContext()]);
    }
    expect(lines.map(({ fields }) => fields['batch_size'])).toEqual([3, 3, 3]);
  });

  it('is not there where none of its frames is recorded', () => {
    const { follower, spans } = createFollower();
    infer(follower, [follower.begin({ ...start, traceContext: notSampled })]);
    expect(spans.getFinishedSpans()).toEqual([]);
  });
});
