import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { SimulatorError } from './errors.ts';
import type { PictureSize } from './options.ts';

/** A picture that is ready to be sent. */
export interface Picture {
  /** File name. */
  readonly name: string;
  /** As sent. */
  readonly bytes: Buffer;
  /** Of the picture before it was squashed, px. */
  readonly width: number;
  readonly height: number;
}

const extensions = /\.(jpe?g|png|webp)$/i;

/** `frame_9` before `frame_10`. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * Reads the pictures of a folder (JPEG, PNG, WebP), by name, as one film; or, where it holds none but folders,
 * the pictures of each of these as a film of its own.
 *
 * Squashed ones are JPEG, their sides changed to `size` without regard to their ratio, as the ingestor does
 * it; those of size `original` are the bytes of their files.
 *
 * @throws {SimulatorError} `no_pictures` where a folder cannot be read, or holds no picture or one that is damaged.
 */
export async function loadFilms(folder: string, size: PictureSize, quality: number): Promise<Picture[][]> {
  const entries = await listFolder(folder);
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const isOneFilm = folders.length === 0 || files.some((name) => extensions.test(name));
  if (isOneFilm) return [await loadPictures(folder, files, { size, quality })];
  const films: Picture[][] = [];
  for (const name of folders.sort(byName)) {
    const inside = (await listFolder(join(folder, name))).map((entry) => entry.name);
    const pictures = await loadPictures(join(folder, name), inside, { size, quality });
    films.push(pictures.map((picture) => ({ ...picture, name: `${name}/${picture.name}` })));
  }
  return films;
}

async function listFolder(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };
    const reason = reasons[cause.code ?? ''] ?? cause.message;
    throw new SimulatorError('no_pictures', `--frames: expected a folder but ${folder} ${reason}`, { cause });
  });
}

async function loadPictures(
  folder: string,
  names: readonly string[],
  { size, quality }: { readonly size: PictureSize; readonly quality: number },
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const name of names.filter((candidate) => extensions.test(candidate)).sort(byName)) {
    pictures.push(await loadPicture(folder, name, size, quality));
  }
  if (pictures.length === 0) {
    throw new SimulatorError(
      'no_pictures',
      `--frames: expected .jpg, .png or .webp files in ${folder} but found none`,
    );
  }
  return pictures;
}

async function loadPicture(
  folder: string,
  name: string,
  size: PictureSize,
  quality: number,
): Promise<Picture> {
  try {
    const file = await readFile(join(folder, name));
    const { width, height, autoOrient } = await sharp(file).metadata();
    if (size === 'original') return { name, bytes: file, width, height };
    const bytes = await sharp(file)
      .autoOrient()
      .flatten()
      .resize(size.width, size.height, { fit: 'fill' })
      .jpeg({ quality })
      .toBuffer();
    return { name, bytes, width: autoOrient.width, height: autoOrient.height };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SimulatorError('no_pictures', `--frames: cannot read ${join(folder, name)}: ${reason}`, {
      cause,
    });
  }
}
