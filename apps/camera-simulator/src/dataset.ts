import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { cameraTypes } from '@trinetra/contracts';
import { createRandomOf } from './random.ts';
import { createScene } from './scene/index.ts';

/** What {@link writeDataset} writes. */
export interface DatasetOptions {
  readonly folder: string;
  readonly count: number;
  readonly seed: number;
  /** People are numbered from the first of these to before the second. */
  readonly identities: readonly [number, number];
}

const momentsPerScene = 8;

/**
 * Writes `count` scenes as JPEG files (640x640, quality 60 to 95) and `truth.ndjson`, a line
 * `{image, persons: [{identity, bbox, hidden, face}]}` each: what models are trained and measured on.
 */
export async function writeDataset({ folder, count, seed, identities }: DatasetOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const truthFile = createWriteStream(join(folder, 'truth.ndjson'));
  const random = createRandomOf(seed, 1);
  for (let index = 0; index < count; ) {
    const cameraType = cameraTypes[Math.floor(random() * cameraTypes.length)] ?? 'others';
    const camera = Math.floor(random() * 1e6);
    const crowd = 1 + Math.floor(random() * 8);
    const scene = createScene({ seed, camera, cameraType, identities, crowd, grain: true });
    for (let moment = 0; moment < momentsPerScene && index < count; moment += 1, index += 1) {
      const { canvas, truth } = scene.frame(random() * 10_000);
      const image = `${String(index).padStart(6, '0')}.jpg`;
      await writeFile(join(folder, image), await canvas.encode('jpeg', 60 + Math.floor(random() * 36)));
      truthFile.write(`${JSON.stringify({ image, ...truth })}\n`);
    }
  }
  truthFile.end();
  await finished(truthFile);
}
