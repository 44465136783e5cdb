import { once } from 'node:events';
import type { Server } from 'node:net';
import { errorText } from './error-text.ts';

/**
 * Listens on an address, and returns the port: port 0 takes a free one.
 *
 * @throws what `errorOf` makes of `HOST:PORT: ` and why the address cannot be had.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  errorOf: (problem: string, options: { readonly cause: unknown }) => Error,
): Promise<number> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw errorOf(`${host}:${port}: ${isTaken ? 'the port is in use' : errorText(cause)}`, { cause });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
