import { runReadmeExample } from '@trinetra/test-support';
import { Counter, type OpenMetricsContentType, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetricsServer } from '../src/index.ts';

it('serves the metrics of its user alone, as the README shows', async () => {
  const printed = await runReadmeExample(new URL('../', import.meta.url), { example: 2 });
  expect(printed.split('\n')).toEqual([
    '200 # HELP transcriber_chunks_total Chunks',
    '# TYPE transcriber_chunks_total counter',
    'transcriber_chunks_total 3',
    '200 {"ready":true,"checks":{"disk":{"ok":true}}}',
    '200 {"status":"alive"}',
  ]);
});

it('serves health and readiness without any metrics', async () => {
  const server = await createMetricsServer({ host: '127.0.0.1', port: 0, registry: null });
  const statusOf = async (route: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${server.port}/${route}`)).status;
  expect([await statusOf('metrics'), await statusOf('ready'), await statusOf('health')]).toEqual([
    404, 200, 200,
  ]);
  await server.close();
});

it('takes a registry of another format', async () => {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  new Counter({ name: 'chunks', help: 'Chunks', registers: [registry] }).inc();
  const server = await createMetricsServer({ host: '127.0.0.1', port: 0, registry });
  const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect(answer.headers.get('content-type')).toContain('application/openmetrics-text');
  expect(await answer.text()).toContain('chunks_total 1');
  await server.close();
});
