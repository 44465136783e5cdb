import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { cameraTypes } from '@trinetra/contracts';
import { createRandomOf } from './random.ts';
import { type Box, createScene, type FivePoints, type PersonTruth } from './scene/index.ts';

/** Options of {@link writeDataset}. */
export interface DatasetOptions {
  readonly folder: string;
  readonly count: number;
  readonly seed: number;
  /** People are numbered from the first of these to before the second. */
  readonly identities: readonly [number, number];
}

const momentsPerScene = 8;

/** Sizes of the cameras' own pictures, one for each of ten scenes. Files have half their sides. */
const shapes = [
  { share: 0.8, width: 1280, height: 720 },
  { share: 0.1, width: 1280, height: 960 },
  { share: 0.05, width: 1280, height: 1280 },
  { share: 0.05, width: 720, height: 1280 },
];

const halved = <T extends Box | [number, number]>(values: T): T => values.map((value) => value / 2) as T;

function halfSize({ bbox, face, ...person }: PersonTruth): PersonTruth {
  const landmarks = face?.landmarks.map(halved) as FivePoints | undefined;
  return {
    ...person,
    bbox: halved(bbox),
    face: face === null || landmarks === undefined ? null : { bbox: halved(face.bbox), landmarks },
  };
}

/**
 * Writes `count` scenes as JPEG files (quality 60 to 95) and `truth.ndjson`, a line
 * `{image, persons: [{identity, bbox, hidden, face}]}` each, to train and measure models.
 *
 * A picture has the size in which a detector of 640 px sees its camera: mostly 640x360, also 640x480, 640x640
 * and 360x640. The truth is in pixels of the file.
 */
export async function writeDataset({ folder, count, seed, identities }: DatasetOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const truthFile = createWriteStream(join(folder, 'truth.ndjson'));
  const random = createRandomOf(seed, 1);
  for (let index = 0; index < count; ) {
    const cameraType = cameraTypes[Math.floor(random() * cameraTypes.length)] ?? 'others';
    const camera = Math.floor(random() * 1e6);
    const crowd = 1 + Math.floor(random() * 8);
    let left = random();
    const shape = shapes.find(({ share }) => {
      left -= share;
      return left < 0;
    });
    const { width, height } = shape ?? { width: 1280, height: 720 };
    const sent = { sentWidth: width / 2, sentHeight: height / 2 };
    const scene = createScene({
      ...{ seed, camera, cameraType, identities, crowd, grain: true },
      ...{ width, height, ...sent },
    });
    for (let moment = 0; moment < momentsPerScene && index < count; moment += 1, index += 1) {
      const { canvas, truth } = scene.frame(random() * 10_000);
      const image = `${String(index).padStart(6, '0')}.jpg`;
      await writeFile(join(folder, image), await canvas.encode('jpeg', 60 + Math.floor(random() * 36)));
      truthFile.write(`${JSON.stringify({ image, persons: truth.persons.map(halfSize) })}\n`);
    }
  }
  truthFile.end();
  await finished(truthFile);
}
