import type { Readable, Writable } from 'node:stream';

/** Longer lines are passed on in parts; an event with its embeddings is shorter than 1 MB. */
const maxLineBytes = 4_194_304;

function write(target: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    target.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Copies whole lines, so that those of several processes never mix, and reads no faster than they are taken. What was cut
 * off by the end of its process gets a line of its own.
 *
 * @throws where the target is closed; the source is then closed, too.
 */
export async function passLines(source: Readable, target: Writable): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.byteLength > maxLineBytes ? bytes.byteLength : bytes.lastIndexOf('\n') + 1;
    if (end > 0) await write(target, bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
  if (rest.byteLength > 0) await write(target, Buffer.concat([rest, Buffer.from('\n')]));
}
