import type { Xyxy } from '@trinetra/contracts';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';

/** Longest side of a picture on the page, px. */
const maxSidePx = 640;
/** Colours along each side of a hidden region: far too few to recognise a person. */
const cellsPerSide = 4;
/** With more regions than this the whole picture is hidden: nothing would be left to see. */
const maxRegions = 64;
const maxInputPixels = 33_177_600;

interface Raw {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

const open = ({ data, width, height }: Raw): Sharp => sharp(data, { raw: { width, height, channels: 3 } });

/** The region in whole pixels, rounded outwards; undefined if nothing is left of it. */
function pixelsOf([x1, y1, x2, y2]: Xyxy, { width, height }: Raw) {
  const left = Math.max(0, Math.floor(x1 * width));
  const top = Math.max(0, Math.floor(y1 * height));
  const size = {
    width: Math.min(width, Math.ceil(x2 * width)) - left,
    height: Math.min(height, Math.ceil(y2 * height)) - top,
  };
  return size.width > 0 && size.height > 0 ? { left, top, ...size } : undefined;
}

/** The region as `cellsPerSide` squared colours, drawn smoothly over its place. */
async function coverOf(raw: Raw, region: Xyxy): Promise<OverlayOptions | undefined> {
  const place = pixelsOf(region, raw);
  if (place === undefined) return undefined;
  const side = { width: cellsPerSide, height: cellsPerSide };
  const cells = await open(raw)
    .extract(place)
    .resize({ ...side, fit: 'fill' })
    .raw()
    .toBuffer();
  const { data, info } = await open({ data: cells, ...side })
    .resize({ width: place.width, height: place.height, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { input: data, raw: { width, height, channels }, left: place.left, top: place.top };
}

/**
 * Makes the JPEG that leaves the process: at most 640 px a side, without metadata, with hidden regions reduced
 * to a few colours. Runs in libvips' threads, not on the event loop. The orientation tag of EXIF is ignored, as
 * boxes ignore it.
 *
 * @param picture JPEG, PNG or WebP, accepted by the worker's own decoder.
 * @param hide Returns the regions to hide, normalised to 0..1, for a width over height of the picture.
 * @throws if the picture cannot be decoded.
 */
export async function encodePicture(
  picture: Uint8Array,
  hide: (aspect: number) => readonly Xyxy[],
): Promise<Buffer> {
  const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: maxInputPixels,
    autoOrient: false,
    pages: 1,
  })
    .resize({ width: maxSidePx, height: maxSidePx, fit: 'inside', withoutEnlargement: true })
    .flatten()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw: Raw = { data, width: info.width, height: info.height };
  const hidden = hide(raw.width / raw.height);
  const regions: readonly Xyxy[] = hidden.length > maxRegions ? [[0, 0, 1, 1]] : hidden;
  const covers = await Promise.all(regions.map((region) => coverOf(raw, region)));
  return open(raw)
    .composite(covers.filter((cover) => cover !== undefined))
    .jpeg({ quality: 72 })
    .toBuffer();
}
