import { stages } from '@trinetra/telemetry';
import { describe, expect, it } from 'vitest';
import { useKafkaTestStack } from './kafka-test-stack.ts';
import { type OtlpReceiver, type OtlpSpan, plain, startOtlpReceiver } from './otlp-receiver.ts';
import { addSceneFrame, addSceneFrames, scenePicture } from './scene-frames.ts';
import { type WorkerProcess, waitFor } from './worker-process.ts';

const kafka = useKafkaTestStack();

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const notSampled = traceparent.replace(/01$/, '00');

const exportTo = (url: string): Record<string, string> => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
});

/** Writes a frame with more fields, as an ingestor that traces does; returns its id. */
async function addFrame(more: Record<string, string>, camera = 'cam'): Promise<string> {
  const fields = {
    camera_id: camera,
    ingest_ts: String(Date.now() / 1000),
    frame: await scenePicture(1),
    ...more,
  };
  return String(await kafka.testStack.redis.xadd(`frames:${camera}`, '*', ...Object.entries(fields).flat()));
}

/** Starts a worker, has it publish what is added, stops it, and gives back what it said. */
async function followed(
  env: Record<string, string>,
  add: () => Promise<unknown>,
  events = 1,
): Promise<{ readonly worker: WorkerProcess; readonly lines: Record<string, unknown>[] }> {
  await using worker = await kafka.start(env);
  await add();
  await waitFor('the events', () => (kafka.events.length >= events ? true : undefined));
  await kafka.nothingPending();
  expect(await worker.stop('SIGTERM'), worker.log()).toBe(0);
  const lines = worker.log().split('\n');
  return {
    worker,
    lines: lines
      .filter((line) => line.startsWith('{"level"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

function spanNamed(receiver: OtlpReceiver, name: string): OtlpSpan {
  const found = receiver.spans().filter((span) => span.name === name);
  expect(found, name).toHaveLength(1);
  return found[0] as OtlpSpan;
}

const headersOf = (id: string): Readonly<Record<string, string>> | undefined =>
  kafka.events.find(({ event }) => event.frame_id === id)?.headers;

describe('a worker that traces', () => {
  it('sends one span a frame with one for each stage, in the trace that its entry tells of', async () => {
    await using receiver = await startOtlpReceiver();
    let id = '';
    await followed(
      {
        ...exportTo(receiver.url),
        OTEL_SERVICE_NAME: 'shop-worker',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=shop%2012',
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret',
      },
      async () => {
        id = await addFrame({ traceparent, tracestate: 'ingestor=a1' });
      },
    );

    const frame = spanNamed(receiver, 'process frame');
    expect(frame).toMatchObject({ parentSpanId: 'b7ad6b7169203331', traceState: 'ingestor=a1', kind: 5 });
    expect(plain(frame.attributes)).toEqual({
      'messaging.system': 'redis',
      'messaging.operation.type': 'process',
      camera_id: 'cam',
      frame_id: id,
      worker_id: 'worker',
      batch_size: 1,
      status: 'ok',
      persons: kafka.events[0]?.event.detections.length,
      outcome: 'published',
    });
    const children = receiver.spans().filter(({ parentSpanId }) => parentSpanId === frame.spanId);
    const inTime = children.toSorted((a, b) =>
      Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
    );
    expect(inTime.map(({ name }) => name)).toEqual(stages);
    for (const child of children) {
      expect(child.traceId).toBe('0af7651916cd43dd8448eb211c80319c');
      expect(BigInt(child.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(frame.startTimeUnixNano));
      expect(BigInt(child.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(child.startTimeUnixNano));
    }

    const batch = spanNamed(receiver, 'infer batch');
    expect(batch.traceId).not.toBe(frame.traceId);
    expect(batch.parentSpanId).toBeUndefined();
    expect(batch.links).toMatchObject([{ traceId: frame.traceId, spanId: frame.spanId }]);
    for (const name of ['detect', 'align', 'embed']) {
      expect(spanNamed(receiver, name).links).toMatchObject([
        { traceId: batch.traceId, spanId: batch.spanId },
      ]);
    }
    expect(receiver.spans()).toHaveLength(stages.length + 2);

    expect(receiver.resource()).toMatchObject({
      'service.name': 'shop-worker',
      'service.instance.id': 'worker',
      'deployment.environment': 'shop 12',
    });
    expect(receiver.requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'api-key': 's3cret' } });
    expect(receiver.requests.map(({ text }) => text).join()).not.toContain('s3cret');
    expect(headersOf(id)).toMatchObject({
      traceparent: `00-${frame.traceId}-${frame.spanId}-01`,
      tracestate: 'ingestor=a1',
    });
  });

  it('begins a trace where an entry tells of none, or of one that is not valid, says why a frame is refused, and keeps to what an entry says about sampling', async () => {
    await using receiver = await startOtlpReceiver();
    let [poison, unsampled] = ['', ''];
    const invalid = { traceparent: `${traceparent}x` };
    await followed(
      exportTo(receiver.url),
      async () => {
        poison = await addFrame({ frame: 'no picture' });
        await addFrame(invalid);
        unsampled = await addFrame({ traceparent: notSampled });
      },
      2,
    );
    const frames = receiver.spans().filter(({ name }) => name === 'process frame');
    expect(frames.map(({ parentSpanId }) => parentSpanId)).toEqual([undefined, undefined]);
    const refused = frames.find(({ attributes }) => plain(attributes)['frame_id'] === poison);
    expect(plain(refused?.attributes ?? [])).toMatchObject({
      outcome: 'corrupt',
      reason: 'unsupported_format',
      camera_id: 'cam',
    });
    expect(refused?.status).toMatchObject({ code: 2, message: 'unsupported_format' });
    const its = receiver.spans().filter(({ parentSpanId }) => parentSpanId === refused?.spanId);
    expect(its.map(({ name }) => name).toSorted()).toEqual(['ack', 'decode', 'queue']);

    const trace = '0af7651916cd43dd8448eb211c80319c';
    expect(receiver.spans().filter(({ traceId }) => traceId === trace)).toEqual([]);
    const told = headersOf(unsampled)?.['traceparent'];
    expect(told).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad)\w{16}-00$/);
  });
});

describe('a receiver that is away', () => {
  it('is told of once; frames go on and the worker stops in time', async () => {
    const gone = await startOtlpReceiver();
    await gone[Symbol.asyncDispose]();
    const exports = { OTEL_EXPORTER_OTLP_TIMEOUT: '100' };
    await using worker = await kafka.start({ ...exportTo(gone.url), ...exports });
    // More than one batch of spans, so that it is tried more than once.
    await addSceneFrames(kafka.testStack.redis, 60);
    await waitFor('the events', () => (kafka.events.length >= 60 ? true : undefined));
    await waitFor('the warning', () => (worker.log().includes('traces cannot be sent') ? true : undefined));
    await addSceneFrames(kafka.testStack.redis, 60);
    await waitFor('the events', () => (kafka.events.length >= 120 ? true : undefined));
    expect(await worker.stop('SIGTERM'), worker.log()).toBe(0);
    expect(worker.log().match(/traces cannot be sent/g)).toHaveLength(1);
    expect(worker.log()).not.toContain('OpenTelemetry warns');
  });

  it('that takes spans and does not answer holds up no stop', async () => {
    await using silent = await startOtlpReceiver(false);
    await using worker = await kafka.start(exportTo(silent.url));
    await addSceneFrame(kafka.testStack.redis, 1);
    await waitFor('the event', () => kafka.events[0]);
    const stoppedAt = performance.now();
    expect(await worker.stop('SIGTERM'), worker.log()).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(9500);
    expect(worker.log()).toContain('the last traces were not sent in time');
  });
});

describe('a worker that does not trace', () => {
  it('loads nothing of the SDK and passes on what came with the entry', async () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load: (url, context, next) => {
        if (url.includes('@opentelemetry')) process.stderr.write('LOADED ' + url + '\\n');
        return next(url, context);
      } });`;
    const ids: string[] = [];
    const { worker } = await followed(
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` },
      async () => {
        ids.push(await addFrame({ traceparent, tracestate: 'ingestor=a1' }), await addFrame({}));
      },
      2,
    );
    expect(worker.log()).toContain('LOADED');
    expect(worker.log().match(/LOADED .*@opentelemetry\/(?!api\/)/)).toBeNull();
    const own = ['content-type', 'frame_id', 'schema_version'];
    expect(headersOf(ids[0] ?? '')).toMatchObject({ traceparent, tracestate: 'ingestor=a1' });
    expect(Object.keys(headersOf(ids[1] ?? '') ?? {}).toSorted()).toEqual(own);
  });
});

it('writes one line a frame at debug, with its outcome and the times of its stages, and spans to standard output with OTEL_TRACES_EXPORTER=console', async () => {
  const ids: string[] = [];
  const env = { LOG_LEVEL: 'debug', OTEL_TRACES_EXPORTER: 'console' };
  const { worker, lines } = await followed(env, async () => {
    ids.push(await addSceneFrame(kafka.testStack.redis, 1));
    ids.push(await addFrame({ frame: 'no picture' }));
  });
  const atDebug = lines.filter(({ level, frame_id }) => level === 'debug' && frame_id !== undefined);
  expect(atDebug.map(({ msg }) => msg)).toEqual(['frame is done', 'frame is done']);
  const lineOf = (index: number): Record<string, unknown> | undefined =>
    atDebug.find(({ frame_id }) => frame_id === ids[index]);
  expect(lineOf(0)).toMatchObject({
    level: 'debug',
    camera_id: 'cam',
    worker_id: 'worker',
    outcome: 'published',
    status: 'ok',
    persons: kafka.events[0]?.event.detections.length,
    batch_size: 1,
  });
  const times = lineOf(0)?.['stages_ms'] as Record<string, number>;
  expect(Object.keys(times)).toEqual(stages);
  expect(times['detect']).toBeGreaterThan(0);
  expect(lineOf(1)).toMatchObject({ camera_id: 'cam', outcome: 'corrupt', reason: 'unsupported_format' });
  expect(worker.log()).toContain("name: 'process frame'");
});
