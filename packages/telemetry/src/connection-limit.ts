import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a server hold `most` connections at most. One more takes the place of the one that has waited longest without a request
 * under way, so that idle and slow clients never keep a probe out. Where all have a request, the new one is closed.
 */
export function limitConnections(server: Server, most: number): void {
  /** The ones without a request under way, the longest waiting first. */
  const idle = new Set<Socket>();
  const busy = new Set<Socket>();
  server.on('connection', (socket) => {
    if (idle.size + busy.size >= most) {
      const [longest = socket] = idle;
      idle.delete(longest);
      longest.destroy();
      if (longest === socket) return;
    }
    idle.add(socket);
    socket.once('close', () => {
      idle.delete(socket);
      busy.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    busy.add(socket);
    response.once('close', () => {
      busy.delete(socket);
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
