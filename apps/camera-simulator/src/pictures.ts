import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Size } from '@trinetra/contracts';
import sharp from 'sharp';
import { SimulatorError } from './errors.ts';
import { splitByAspect } from './films.ts';

/** How the pictures are sent: squashed to a size as the ingestor does, or the bytes of the file. */
export type PictureSize = Size | 'original';

/** A picture that is ready to be sent. */
export interface Picture extends Size {
  /** File name, with its folder where there are several films. */
  readonly name: string;
  /** As sent. Its `width` and `height` are those of the picture before it was squashed. */
  readonly bytes: Buffer;
}

const extensions = /\.(jpe?g|png|webp)$/i;

/** `frame_9` before `frame_10`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/** What a folder holds. */
export interface FilmList {
  /** Paths within the folder, by name: `frame_9.jpg`, or `film/frame_9.jpg`. No film is empty. */
  readonly films: readonly (readonly string[])[];
  /** Whether the pictures lie in the folder itself, and not in folders that are a film each. */
  readonly isFlat: boolean;
}

/**
 * Finds the pictures of a folder (JPEG, PNG, WebP), by name; or, if it holds none but folders, those of each of these as
 * a film of its own.
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

/** How {@link loadFilms} prepares pictures, and for how many cameras. */
export interface LoadOptions {
  readonly cameras: number;
  readonly size: PictureSize;
  /** JPEG quality of squashed pictures, 1..100. */
  readonly quality: number;
}

/**
 * Reads the pictures of a folder: a film of those of each aspect (see {@link splitByAspect}), or of each folder in it.
 *
 * Squashed ones are JPEG, their sides changed to `size` without regard to their ratio, as the ingestor does
 * it; those of size `original` are the bytes of their files.
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
 * Reads the size of a picture as it stands upright, from its header alone.
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
    // Whoever decodes the bytes of a file sees it as it lies there: the worker ignores its orientation.
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
