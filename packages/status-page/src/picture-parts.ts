import type { Picture } from './picture-shelf.ts';

/** Content type of {@link encodeParts}. */
export const partsType = 'application/octet-stream';

/**
 * Pictures with what was found in them, one after the other: 4 bytes with the length of the JSON (big-endian), the
 * JSON, 4 bytes with the length of the JPEG, the JPEG.
 */
export function encodeParts(pictures: readonly Picture[]): Buffer {
  const lengthOf = (part: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.byteLength);
    return length;
  };
  return Buffer.concat(
    pictures.flatMap(({ jpeg, ...about }) => {
      const json = Buffer.from(JSON.stringify(about));
      return [lengthOf(json), json, lengthOf(jpeg), jpeg];
    }),
  );
}
