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

/**
 * Reads the pictures of a folder (JPEG, PNG, WebP), by name.
 *
 * Squashed ones are JPEG, their sides changed to `size` without regard to their ratio, as the ingestor does
 * it; those of size `original` are the bytes of their files.
 *
 * @throws {SimulatorError} `no_pictures` where the folder cannot be read, holds no picture or one that is damaged.
 */
export async function loadPictures(folder: string, size: PictureSize, quality: number): Promise<Picture[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };
    const reason = reasons[cause.code ?? ''] ?? cause.message;
    throw new SimulatorError('no_pictures', `--frames: expected a folder but ${folder} ${reason}`, { cause });
  });
  const pictures: Picture[] = [];
  for (const name of names.filter((candidate) => extensions.test(candidate)).sort()) {
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
