import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeDetectionEvent } from '@trinetra/contracts';
import { createPersonPipeline, loadModels, toDetectionEvent } from '@trinetra/person-pipeline';

const {
  PHOTOS = 'photos',
  DETECTOR = 'yolov8n.onnx',
  FACES = 'yunet.onnx',
  EMBEDDER = 'arcface.onnx',
} = process.env;
/** Pictures in memory at a time; they go through the models in batches that overlap. */
const atOnce = 32;

const names = await readdir(PHOTOS, { recursive: true });
const photos = names.filter((name) => /\.jpe?g$/i.test(name)).toSorted();
if (photos.length === 0) throw new Error(`PHOTOS: expected a folder with JPEG files but ${PHOTOS} has none`);

const models = await loadModels({ detectorPath: DETECTOR, facePath: FACES, embedderPath: EMBEDDER });
const pipeline = createPersonPipeline(models);

let failed = 0;
for (let from = 0; from < photos.length; from += atOnce) {
  const some = photos.slice(from, from + atOnce);
  const files = await Promise.all(some.map((name) => readFile(join(PHOTOS, name))));
  for (const [index, found] of (await pipeline.analyse(files)).entries()) {
    const name = some[index] ?? '';
    if (!found.ok) {
      failed += 1;
      console.error(`${name}: ${found.message}`);
      continue;
    }
    const ingestTs = (await stat(join(PHOTOS, name))).mtimeMs / 1000;
    const event = toDetectionEvent(found.value, {
      frameId: name,
      cameraId: 'photos',
      ingestTs,
      workerId: 'embed-folder',
    });
    const { bytes } = encodeDetectionEvent(event); // short numbers: half the size of JSON.stringify
    if (!process.stdout.write(`${bytes}\n`)) await once(process.stdout, 'drain');
  }
}
await pipeline.close();
await models.close();
console.error(`${photos.length - failed} of ${photos.length} pictures`);
process.exitCode = failed === 0 ? 0 : 1;
