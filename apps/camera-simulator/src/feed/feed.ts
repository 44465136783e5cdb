import { pause, type Size } from '@trinetra/contracts';
import sharp from 'sharp';
import { SimulatorError } from '../errors.ts';
import { loadFilms } from '../pictures.ts';
import type { DecodedPicture } from './decode.ts';
import type { Ffmpeg, PictureOptions } from './ffmpeg.ts';
import type { Source } from './source.ts';
import { type WatchOptions, watch } from './watch.ts';

/** A new picture of a camera. */
export interface FeedFrame extends Size {
  /** Its content, for the manifest: a file, or where and when. */
  readonly image: string;
  /** When it came, ms since 1970. */
  readonly takenAtMs: number;
  /** Encodes it for sending, only when needed: dropped pictures cost nothing. */
  encode(): Promise<Buffer>;
}

export interface FeedOptions extends PictureOptions, Omit<WatchOptions, keyof PictureOptions> {
  /** JPEG quality, 1..100. */
  readonly quality: number;
}

/** Frames a second of a folder, which has no rate of its own. */
const folderFps = 5;

/** Begins to read a source; see {@link watch}. @throws {SimulatorError} `bad_source` of a folder, too. */
export function feedOf(
  ffmpeg: Ffmpeg | undefined,
  source: Source,
  options: FeedOptions,
): AsyncGenerator<FeedFrame, void> {
  if (source.kind === 'folder') return playFolder(source, options);
  if (ffmpeg === undefined) throw new TypeError('expected ffmpeg for a source that is no folder');
  return playVideo(ffmpeg, source, options);
}

async function* playVideo(
  ffmpeg: Ffmpeg,
  source: Source,
  options: FeedOptions,
): AsyncGenerator<FeedFrame, void> {
  for await (const picture of watch(ffmpeg, source, options)) {
    yield {
      ...picture.original,
      image: `${source.shown} at ${picture.time.toFixed(3)} s`,
      takenAtMs: Date.now(),
      encode: () => encode(picture, options.quality),
    };
  }
}

function encode({ pixels, pixelSize }: DecodedPicture, quality: number): Promise<Buffer> {
  return sharp(pixels, { raw: { ...pixelSize, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** The pictures of a folder, or of the folders in it, by name, again and again. */
async function* playFolder(
  { input, shown }: Source,
  { size, quality, fps = folderFps, signal }: FeedOptions,
): AsyncGenerator<FeedFrame, void> {
  const films = await loadFilms(input, { cameras: 1, size, quality }).catch((cause: Error) => {
    const reason = cause.message.replace('--frames: ', '');
    throw new SimulatorError('bad_source', `${shown}: ${reason}`, { cause });
  });
  const pictures = films.flat();
  const start = performance.now();
  for (let frame = 0; !signal.aborted; frame += 1) {
    const early = start + (1000 * frame) / fps - performance.now();
    if (early > 0) await pause(early, signal);
    const picture = pictures[frame % pictures.length];
    if (picture === undefined || signal.aborted) return;
    const { name: image, bytes, width, height } = picture;
    yield { image, width, height, takenAtMs: Date.now(), encode: async () => bytes };
  }
}
