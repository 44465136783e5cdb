import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startRedis } from '@trinetra/local-servers';
import { describe, expect, it } from 'vitest';
import { startDeployedWorker, waitFor } from '../src/deployed-worker.ts';
import { at, everywhere, inRepository, listAt, readYaml } from '../src/files.ts';
import { findTool, runTool } from '../src/tools.ts';
import { settingProblems } from '../src/worker-settings.ts';

const otelcol = findTool('otelcol');

/** A collector that takes OTLP/HTTP and writes what it got to a file, a JSON object a line. */
async function startCollector(folder: string): Promise<{ url: string; file: string } & AsyncDisposable> {
  const port = await freePort();
  const file = join(folder, 'spans.ndjson');
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: file, flush_interval: '100ms' } },
    service: {
      pipelines: { traces: { receivers: ['otlp'], exporters: ['file'] } },
      telemetry: { metrics: { level: 'none' } },
    },
  };
  // JSON is YAML.
  const env = { CONFIG: JSON.stringify(config) };
  const child = spawn(otelcol ?? '', ['--config', 'env:CONFIG'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await waitFor('the collector', () => {
    if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}:\n${log}`);
    return log.includes('Everything is ready');
  });
  return {
    url: `http://127.0.0.1:${port}`,
    file,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const linesOf = (file: string): unknown[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line))
    : [];

const attribute = (span: unknown, name: string): unknown => {
  const found = listAt(span, 'attributes').find((one) => at(one, 'key') === name);
  return Object.values(Object(at(found, 'value')))[0];
};

describe.skipIf(otelcol === undefined)('a collector of OpenTelemetry', () => {
  it.each(['http/protobuf', 'http/json'])(
    'gets a trace of each frame from the worker, all of them at its stop (%s)',
    async (protocol) => {
      const folder = mkdtempSync(join(tmpdir(), 'trinetra-traces-'));
      await using stack = new AsyncDisposableStack();
      stack.defer(() => rmSync(folder, { recursive: true, force: true }));
      const redis = await startRedis();
      stack.defer(() => redis.close());
      const collector = stack.use(await startCollector(folder));
      const events = join(folder, 'events.ndjson');
      await using worker = await startDeployedWorker(inRepository('apps/worker'), {
        REDIS_URL: redis.url,
        SINK: `ndjson:${events}`,
        CONSUMER_NAME: 'traced-1',
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      });
      const simulator = inRepository('apps/camera-simulator/dist/main.js');
      const options = '--cameras 2 --fps 4 --seconds 2'.split(' ');
      const played = runTool(process.execPath, [simulator, '--redis', redis.url, ...options]);
      expect(played.status, played.text).toBe(0);
      await waitFor('the events', () => linesOf(events).length >= 16);
      expect(await worker.stop()).toBe(0);

      const frames = linesOf(events).map((event) => `${at(event, 'camera_id')} ${at(event, 'frame_id')}`);
      const spansOf = (name: string): unknown[] =>
        linesOf(collector.file)
          .flatMap((line) => everywhere(line, 'spans').flat())
          .filter((span) => at(span, 'name') === name);
      await waitFor('the spans', () => spansOf('process frame').length >= frames.length);
      const traced = spansOf('process frame');
      expect(
        traced.map((span) => `${attribute(span, 'camera_id')} ${attribute(span, 'frame_id')}`).toSorted(),
      ).toEqual(frames.toSorted());
      for (const stage of ['queue', 'decode', 'batch_wait', 'detect', 'align', 'embed', 'publish', 'ack']) {
        expect(
          spansOf(stage)
            .map((span) => at(span, 'parentSpanId'))
            .toSorted(),
          stage,
        ).toEqual(traced.map((span) => at(span, 'spanId')).toSorted());
      }
      const linked = spansOf('infer batch').flatMap((span) => everywhere(at(span, 'links'), 'spanId'));
      expect(linked.toSorted()).toEqual(traced.map((span) => at(span, 'spanId')).toSorted());
      expect(readFileSync(collector.file, 'utf8')).not.toMatch(/embedding|bbox|landmarks/);
    },
  );
});

describe('compose.traces.yaml', () => {
  const traces = readYaml('deploy/compose.traces.yaml');

  it('sets only variables that the worker reads, to values that it takes, and sends to the service beside it', () => {
    const env = at(traces, 'services', 'worker', 'environment') as Record<string, string>;
    const plain = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')]),
    );
    expect(settingProblems(plain)).toEqual([]);
    expect(plain['OTEL_TRACES_EXPORTER']).toBe('otlp');
    const { hostname, port } = new URL(plain['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '');
    expect(at(traces, 'services', hostname)).toBeDefined();
    expect(port).toBe('4318');
  });

  it('pins its image and shows traces on loopback alone', () => {
    expect(at(traces, 'services', 'jaeger', 'image')).toMatch(/:\d+\.\d+\.\d+$/);
    for (const port of listAt(traces, 'services', 'jaeger', 'ports')) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
