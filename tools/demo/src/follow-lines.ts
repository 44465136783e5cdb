import { open } from 'node:fs/promises';

/** Reads a file that another process appends to. */
export interface LineFollower {
  /** The whole lines added since the last call; none while the file does not exist. */
  read(): Promise<string[]>;
}

const chunkBytes = 1024 * 1024;

/** Follows a UTF-8 file from its beginning. */
export function followLines(path: string): LineFollower {
  let position = 0;
  let partial: Buffer = Buffer.alloc(0);
  return {
    async read() {
      const file = await open(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined; // nothing was written yet
        throw error;
      });
      if (file === undefined) return [];
      const lines: string[] = [];
      try {
        for (;;) {
          const { buffer, bytesRead } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, position);
          if (bytesRead === 0) return lines;
          position += bytesRead;
          // Cut at the newline before decoding: a character may span two reads.
          const bytes = Buffer.concat([partial, buffer.subarray(0, bytesRead)]);
          const end = bytes.lastIndexOf(0x0a) + 1;
          partial = bytes.subarray(end);
          if (end > 0)
            lines.push(
              ...bytes
                .subarray(0, end - 1)
                .toString('utf8')
                .split('\n'),
            );
        }
      } finally {
        await file.close();
      }
    },
  };
}
