import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { addSceneFrames } from '../scene-frames.ts';
import { startWorker, waitFor } from '../worker-process.ts';
import { startRedisWorld } from '../world.ts';

const preload = fileURLToPath(new URL('../plant-gpu.mjs', import.meta.url));

it('a GPU that is lost ends the process at once, and another one publishes its frames', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-lost-gpu-'));
  try {
    await using world = await startRedisWorld();
    const lost = join(folder, 'lost');
    const events = join(folder, 'events.ndjson');
    const env = { ...world.env, SINK: `ndjson:${events}`, CONSUMER_NAME: 'one', CLAIM_IDLE_MS: '500' };
    await using worker = await startWorker({
      ...env,
      NODE_OPTIONS: `--import=${preload}`,
      PLANT_LOST_GPU: lost,
    });
    await worker.ready();
    await writeFile(lost, '');
    await addSceneFrames(world.redis, 6, 'cam');
    await waitFor('the process to end', () =>
      worker.child.exitCode !== null || worker.child.signalCode !== null ? true : undefined,
    );
    expect(worker.child.signalCode).toBe('SIGKILL');
    expect(worker.log()).toContain('the GPU is lost to this process');
    expect(await world.pending()).toBeGreaterThan(0);

    await using next = await startWorker(env);
    await next.ready();
    await waitFor('every frame to be published', async () => {
      const rows = [...(await next.metric('trinetra_worker_frames_total'))];
      const published = rows.find(([labels]) => labels.includes('outcome="published"'))?.[1] ?? 0;
      return published >= 6 && (await world.pending()) === 0 ? true : undefined;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
