import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDetectionEvent } from '@trinetra/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addSceneFrame } from './scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from './test-stack.ts';
import { demoModels, startWorker, waitFor } from './worker-process.ts';

let testStack: RedisTestStack;
let folder = '';
beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-input-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const settings = (name: string): Record<string, string> => ({
  ...demoModels(),
  REDIS_URL: testStack.server.url,
  CONSUMER_GROUP: name,
  SINK: `ndjson:${join(folder, `${name}.ndjson`)}`,
});

/** What /ready tells of the embedder's faces. */
async function facesOf(url: string): Promise<unknown> {
  const answer: { checks: { models: { detail: { embedder: { faces: unknown } } } } } = JSON.parse(
    await (await fetch(`${url}/ready`)).text(),
  );
  return answer.checks.models.detail.embedder.faces;
}

describe('the pixels of the embedder', () => {
  it('are told by /ready and the log, with what says so', async () => {
    await using worker = await startWorker(settings('graph'));
    await worker.ready();
    const why = "nothing in the graph scales them, InsightFace's convention";
    expect(await facesOf(worker.url)).toEqual({ pixels: 'rgb 127.5 127.5', why, perRun: 16 });
    expect(worker.log()).toContain('the embedder tells faces apart');
    expect(worker.log()).toContain('"pixels":"rgb 127.5 127.5"');
  });

  it('follow the file beside the model, and the setting before it', async () => {
    const path = join(folder, 'arcface.onnx');
    await copyFile(demoModels()['ARCFACE_ENGINE_PATH'] ?? '', path);
    await writeFile(`${path}.json`, JSON.stringify({ pixels: 'bgr 127.5 127.5' }));
    const env = { ...settings('beside'), ARCFACE_ENGINE_PATH: path };
    await using beside = await startWorker(env);
    await beside.ready();
    expect(await facesOf(beside.url)).toMatchObject({ pixels: 'bgr 127.5 127.5' });
    await beside.stop('SIGTERM');
    await using set = await startWorker({ ...env, ARCFACE_INPUT: 'rgb 127.5 128' });
    await set.ready();
    expect(await facesOf(set.url)).toMatchObject({ pixels: 'rgb 127.5 128', why: 'it was set so' });
  });

  it.each([
    ['exact', /^[0-9a-f]{16}-fp32-rgb-centred-arcface112$/],
    ['fast', /^[0-9a-f]{16}-fp32-rgb-centred-arcface112-fast-decode$/],
  ])('and JPEG_DECODING=%s are named by the embedding space of events', async (decoding, space) => {
    const name = `space-${decoding}`;
    await addSceneFrame(testStack.redis, 1, name);
    await using worker = await startWorker({
      ...settings(name),
      JPEG_DECODING: decoding,
    });
    const file = join(folder, `${name}.ndjson`);
    // Frames of other tests may come first, and the last line may be half written.
    const event = await waitFor('the event of its frame', async () => {
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      return lines.map(parseDetectionEvent).find(({ camera_id }) => camera_id === name);
    });
    expect(event.embedding_space).toMatch(space);
    await worker.stop('SIGTERM');
  });

  it('stop the start where it cannot tell faces apart with them, or warn', async () => {
    const env = { ...settings('wrong'), ARCFACE_INPUT: 'rgb 127.5 20000' };
    await using refused = await startWorker(env);
    await waitFor('the end of the worker', () => refused.child.exitCode ?? undefined);
    expect(refused.child.exitCode).toBe(2);
    expect(refused.log()).toContain('it does not tell two persons apart');
    expect(refused.log()).toContain("with pixels as 'rgb 127.5 20000' (it was set so)");
    expect(refused.log()).toContain('ARCFACE_PROOF=warn');
    await using warned = await startWorker({ ...env, ARCFACE_PROOF: 'warn' });
    await warned.ready();
    expect(warned.log()).toContain('the embedder is not proven: it does not tell two persons apart');
  });
});
