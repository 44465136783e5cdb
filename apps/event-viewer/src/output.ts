import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes as fast as the reader takes it. */
export interface Output {
  /** Resolves once there is room for more. Does nothing once the reader is gone. */
  write(text: string): Promise<void>;
}

/**
 * @param onClosed Called when the reader is gone, as `head` does.
 */
export function createOutput(stream: Writable, onClosed: () => void): Output {
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    onClosed();
  };
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    close();
  });
  return {
    async write(text) {
      if (closed || stream.write(text)) return;
      await once(stream, 'drain').catch(close);
    },
  };
}
