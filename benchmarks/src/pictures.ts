import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createScene } from '@trinetra/camera-simulator/scene';
import sharp from 'sharp';
import { BenchError } from './errors.ts';

/** JPEGs as the ingestor writes them: 640x640, quality 85. */
export type Pictures = readonly Buffer[];

/** Enough for variety, few enough to draw in a second. */
const scenePictures = 12;

/** Moments of generated shop scenes, or the pictures of a folder squashed as the ingestor does. */
export async function loadPictures(folder: string | undefined): Promise<Pictures> {
  if (folder === undefined) return drawScenes();
  return Promise.all((await listPictures(folder)).map(squash));
}

async function squash(path: string): Promise<Buffer> {
  try {
    return await sharp(await readFile(path))
      .resize(640, 640, { fit: 'fill' })
      .jpeg({ quality: 85 })
      .toBuffer();
  } catch (error) {
    throw new BenchError(`--frames: expected a picture in ${path} but: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Paths of the pictures in a folder, sorted by name.
 *
 * @throws {BenchError} where there are none, or no folder.
 */
export async function listPictures(folder: string): Promise<string[]> {
  const all = await readdir(folder).catch((cause: Error) => {
    throw new BenchError(`--frames: expected a folder but: ${cause.message}`, { cause });
  });
  const names = all.filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).toSorted();
  if (names.length === 0) throw new BenchError(`--frames: expected pictures in ${folder} but found none`);
  return names.map((name) => join(folder, name));
}

async function drawScenes(): Promise<Pictures> {
  const scene = createScene({ seed: 1, camera: 0, cameraType: 'entrance', sentWidth: 640, sentHeight: 640 });
  const pictures: Buffer[] = [];
  for (let moment = 0; moment < scenePictures; moment += 1) {
    pictures.push(await scene.frame(moment * 3).canvas.encode('jpeg', 85));
  }
  return pictures;
}
