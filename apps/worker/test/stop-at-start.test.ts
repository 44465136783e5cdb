import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';
import { demoModels, startWorker, waitFor } from './worker-process.ts';

let testStack: RedisTestStack;
let folder = '';
beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-stop-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

it.each([
  ['the models are loaded', undefined],
  ['the embedder is proven and the models warm up', 'the embedder tells faces apart'],
])('SIGTERM while %s ends the worker cleanly, and soon', async (_, line) => {
  await using worker = await startWorker({
    ...demoModels(),
    REDIS_URL: testStack.server.url,
    SINK: `ndjson:${join(folder, 'events.ndjson')}`,
  });
  await waitFor('the worker to be alive', async () =>
    (await fetch(`${worker.url}/health`).catch(() => undefined))?.ok === true ? true : undefined,
  );
  if (line !== undefined) await waitFor(line, () => (worker.log().includes(line) ? true : undefined));
  const stoppedAt = performance.now();
  expect(await worker.stop('SIGTERM')).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(9000);
  expect(worker.log()).toContain('stopped before the models were ready');
  expect(worker.log()).not.toMatch(/"level":(?:50|60)/);
});
