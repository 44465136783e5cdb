import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Size } from '@trinetra/contracts';
import sharp from 'sharp';
import { SimulatorError } from './errors.ts';
import { splitByAspect } from './films.ts';

/** How the pictures are sent: squashed to a size as the ingestor does, or the bytes of the file. */
export type PictureSize = Size | 'original';

/** A picture ready to send. */
export interface Picture extends Size {
  /** File name, with its folder if there are several films. */
  readonly name: string;
  /** As sent. `width` and `height` are of the picture before the squash. */
  readonly bytes: Buffer;
}

const extensions = /\.(jpe?g|png|webp)$/i;

/** `frame_9` before `frame_10`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/** The content of a folder. */
export interface FilmList {
  /** Paths within the folder, by name: `frame_9.jpg`, or `film/frame_9.jpg`. No film is empty. */
  readonly films: readonly (readonly string[])[];
  /** Whether the pictures are in the folder itself, not in folders that are a film each. */
  readonly isFlat: boolean;
}

/**
 * Finds the pictures of a folder (JPEG, PNG, WebP), by name. If it holds only folders, each of these is a film.
 *
 * @throws {SimulatorError} `no_pictures` if a folder cannot be read or holds no picture.
 */
export async function listFilms(folder: string): Promise<FilmList> {
  const entries = await listFolder(folder);
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isFlat = folders.length === 0 || files.some((name) => extensions.test(name));
  if (isFlat) return { films: [picturesAmong(files, folder)], isFlat };
  const films: string[][] = [];
  for (const name of folders.sort(byName)) {
    const inside = (await listFolder(join(folder, name))).map((entry) => entry.name);
    films.push(picturesAmong(inside, join(folder, name)).map((picture) => `${name}/${picture}`));
  }
  return { films, isFlat };
}

/** Options of {@link loadFilms}. */
export interface LoadOptions {
  readonly cameras: number;
  readonly size: PictureSize;
  /** JPEG quality of squashed pictures, 1..100. */
  readonly quality: number;
}

/**
 * Reads the pictures of a folder: a film for each aspect (see {@link splitByAspect}), or for each folder in it.
 *
 * Squashed pictures are JPEG of exactly `size`, as the ingestor makes them. Pictures of size `original` are the
 * bytes of their files.
 *
 * @throws {SimulatorError} `no_pictures` if a folder cannot be read, or holds no picture or one that is damaged.
 */
export async function loadFilms(folder: string, options: LoadOptions): Promise<Picture[][]> {
  const { films, isFlat } = await listFilms(folder);
  const loaded: Picture[][] = [];
  for (const names of films) {
    const pictures: Picture[] = [];
    for (const name of names) pictures.push(await loadPicture(folder, name, options));
    loaded.push(pictures);
  }
  return isFlat ? splitByAspect(loaded.flat(), options.cameras) : loaded;
}

/**
 * Reads the upright size of a picture from its header.
 *
 * @throws {SimulatorError} `no_pictures` if it is damaged.
 */
export async function readPictureSize(folder: string, name: string): Promise<Size> {
  const path = join(folder, name);
  return refuseDamaged(path, async () => (await sharp(path).metadata()).autoOrient);
}

async function listFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };
    const reason = reasons[cause.code ?? ''] ?? cause.message;
    throw new SimulatorError('no_pictures', `--frames: expected a folder but ${folder} ${reason}`, { cause });
  });
}

function picturesAmong(names: readonly string[], folder: string): string[] {
  const pictures = names.filter((name) => extensions.test(name)).sort(byName);
  if (pictures.length > 0) return pictures;
  const message = `--frames: expected .jpg, .png or .webp files in ${folder} but found none`;
  throw new SimulatorError('no_pictures', message);
}

function loadPicture(folder: string, name: string, { size, quality }: LoadOptions): Promise<Picture> {
  const path = join(folder, name);
  return refuseDamaged(path, async () => {
    const file = await readFile(path);
    const { width, height, autoOrient } = await sharp(file).metadata();
    // The worker ignores the orientation tag, so the stored size counts.
    if (size === 'original') return { name, bytes: file, width, height };
    const bytes = await sharp(file)
      .autoOrient()
      .flatten()
      .resize(size.width, size.height, { fit: 'fill' })
      .jpeg({ quality })
      .toBuffer();
    return { name, bytes, width: autoOrient.width, height: autoOrient.height };
  });
}

async function refuseDamaged<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new SimulatorError('no_pictures', `--frames: cannot read ${path}: ${errorText(cause)}`, { cause });
  }
}
