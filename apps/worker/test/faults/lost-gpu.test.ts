import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { addSceneFrames } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { startWorker, waitFor } from '../worker-process.ts';

const preload = fileURLToPath(new URL('../inject-gpu-loss.mjs', import.meta.url));

it('a GPU that is lost ends the process at once, and another one publishes its frames', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-lost-gpu-'));
  try {
    await using testStack = await startRedisTestStack();
    const lost = join(folder, 'lost');
    const events = join(folder, 'events.ndjson');
    const env = { ...testStack.env, SINK: `ndjson:${events}`, CONSUMER_NAME: 'one', CLAIM_IDLE_MS: '500' };
    await using worker = await startWorker({
      ...env,
      NODE_OPTIONS: `--import=${preload}`,
      INJECT_LOST_GPU: lost,
    });
    await worker.ready();
    await writeFile(lost, '');
    await addSceneFrames(testStack.redis, 6, 'cam');
    await waitFor('the process to end', () =>
      worker.child.exitCode !== null || worker.child.signalCode !== null ? true : undefined,
    );
    expect(worker.child.signalCode).toBe('SIGKILL');
    expect(worker.log()).toContain('the GPU is lost to this process');
    expect(await testStack.pending()).toBeGreaterThan(0);

    await using next = await startWorker(env);
    await next.ready();
    await waitFor('every frame to be published', async () => {
      const rows = [...(await next.metric('trinetra_worker_frames_total'))];
      const published = rows.find(([labels]) => labels.includes('outcome="published"'))?.[1] ?? 0;
      return published >= 6 && (await testStack.pending()) === 0 ? true : undefined;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
