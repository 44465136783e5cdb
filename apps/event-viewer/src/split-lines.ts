/** Longest line, bytes; events are below 1 MB. Bounds the memory that a file without newlines takes. */
const maxLineBytes = 16 * 1024 * 1024;

/** Cuts bytes at newlines, in whatever pieces they come. */
export interface LineSplitter {
  /** The lines that these bytes complete. Lines over the limit are cut. */
  push(chunk: Uint8Array): Uint8Array[];
  /** The rest after the last newline; undefined if empty. Resets. */
  flush(): Uint8Array | undefined;
}

export function createLineSplitter(limit: number = maxLineBytes): LineSplitter {
  let pieces: Uint8Array[] = [];
  let length = 0;
  const keep = (piece: Uint8Array): void => {
    const room = limit - length;
    // A copy: the caller reads into the same memory again.
    if (room > 0 && piece.length > 0) pieces.push(Uint8Array.prototype.slice.call(piece, 0, room));
    length = Math.min(limit, length + piece.length);
  };
  const take = (): Uint8Array => {
    const line = Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return line;
  };
  return {
    push(chunk) {
      const lines: Uint8Array[] = [];
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        keep(chunk.subarray(start, end));
        lines.push(take());
        start = end + 1;
      }
      keep(chunk.subarray(start));
      return lines;
    },
    flush: () => (length === 0 ? undefined : take()),
  };
}
