import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A proxy to a server that passes its answers at the rate of a slow line. */
export interface SlowLink extends AsyncDisposable {
  readonly port: number;
  /** Bytes of answers so far. */
  readonly passedBytes: number;
  /** Rate. Takes effect with the next piece; all connections share it. */
  setBytesPerSecond(bytesPerSecond: number): void;
  /**
   * Existing connections pass nothing more and do not end, as behind a firewall that forgot them. New ones
   * work.
   */
  silence(): void;
  close(): Promise<void>;
}

/** Options of {@link startSlowLink}. */
export interface SlowLinkOptions {
  /** Of the server on loopback. */
  readonly port: number;
  /** 12 Mbit/s are 1.5e6. */
  readonly bytesPerSecond: number;
}

/** Starts a TCP proxy on a free loopback port; what clients send passes at full speed. */
export async function startSlowLink({ port, bytesPerSecond }: SlowLinkOptions): Promise<SlowLink> {
  let rate = bytesPerSecond;
  let passedBytes = 0;
  let freeAt = 0;
  const sockets = new Set<Socket>();
  const silent = new WeakSet<Socket>();

  async function pass(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const now = performance.now();
      freeAt = Math.max(freeAt, now) + (chunk.length / rate) * 1000;
      await delay(freeAt - now);
      if (silent.has(from)) continue;
      if (!to.write(chunk)) await once(to, 'drain');
      passedBytes += chunk.length;
    }
    to.end();
  }

  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // the other end goes with it
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    pass(upstream, client).catch(() => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    port: (server.address() as AddressInfo).port,
    get passedBytes() {
      return passedBytes;
    },
    setBytesPerSecond: (bytes) => {
      rate = bytes;
    },
    silence: () => {
      for (const socket of sockets) {
        silent.add(socket);
        socket.unpipe();
        socket.resume();
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
