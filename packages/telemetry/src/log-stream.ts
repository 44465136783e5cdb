import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

/** Lines that wait for a reader, bytes: more than a pipe holds, and little for a process. */
const maxWaitingBytes = 1024 * 1024;

/**
 * Where lines go that must never hold up who writes them. A reader that does not read costs at most 1 MiB, and the lines that come
 * then; their number is told once it reads again. A reader that went away costs the lines.
 *
 * @param stream Standard error, or another; a file takes each line before `write` returns.
 */
export function createLogStream(stream: Writable = process.stderr): DestinationStream {
  let leftOut = 0;
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') gone = true; // none comes back to a pipe
  });
  return {
    write(line) {
      if (gone) return;
      if (stream.writableLength > maxWaitingBytes) {
        leftOut += 1;
        return;
      }
      if (leftOut > 0) {
        const msg = 'lines were left out here: nobody read the log';
        stream.write(
          `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines: leftOut, msg })}\n`,
        );
        leftOut = 0;
      }
      stream.write(line);
    },
  };
}
