import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import { hasShared, runReadmeExample, sharedFolder } from '@trinetra/test-support';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { demoFiles, sceneJpeg } from '../test/demo.ts';

const shared = (name: string): string => fileURLToPath(new URL(name, sharedFolder));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-photos-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What the first example of the README prints of the folder. */
async function eventsOf(models: Readonly<Record<string, string>>): Promise<DetectionEvent[]> {
  const env = { PHOTOS: folder, ...models };
  const printed = await runReadmeExample(new URL('../', import.meta.url), { env });
  return printed.split('\n').map((line) => parseDetectionEvent(line));
}

it('runs the first example of the README', async () => {
  await writeFile(join(folder, 'scene.jpg'), await sceneJpeg());
  await writeFile(join(folder, 'torn.jpg'), 'no picture');
  const events = await eventsOf({
    DETECTOR: demoFiles.detectorPath,
    FACES: demoFiles.facePath,
    EMBEDDER: demoFiles.embedderPath,
  });
  expect(events).toMatchObject([{ frame_id: 'scene.jpg', status: 'ok', worker_id: 'my-service' }]);
  expect(events[0]?.embeddings[0]).toHaveLength(512);
});

it.runIf(hasShared)('runs it on a photo with models of real photos', async () => {
  await copyFile(shared('photos/headshot_01.jpg'), join(folder, 'headshot_01.jpg'));
  const [event] = await eventsOf({
    DETECTOR: shared('models/yolov8n.onnx'),
    FACES: shared('models/yunet.onnx'),
    EMBEDDER: shared('models/edgeface_xs.onnx'),
  });
  expect(event?.detections[0]?.face).toMatchObject({ score: expect.closeTo(0.9, 0) });
  expect(event?.embeddings[0]).toHaveLength(512);
});
