import type { ServerResponse } from 'node:http';

/** A viewer that has not taken this much yet gets no more until it has. Bytes. */
const maxWaitingBytes = 256 * 1024;
/** Snapshots that a viewer may miss in a row before it is cut off. */
const maxMissed = 30;

/** Those who look at the page: responses of server-sent events that stay open. */
export class Viewers {
  readonly #missed = new Map<ServerResponse, number>();
  readonly #max: number;
  readonly #onFirst: () => void;
  readonly #onLast: () => void;

  /** @param onFirst Called when somebody looks after nobody did; `onLast` when nobody looks any more. */
  constructor(max: number, onFirst: () => void, onLast: () => void) {
    this.#max = max;
    this.#onFirst = onFirst;
    this.#onLast = onLast;
  }

  get size(): number {
    return this.#missed.size;
  }

  /** False if there are too many; nothing is written then. */
  add(response: ServerResponse): boolean {
    if (this.#missed.size >= this.#max) return false;
    this.#missed.set(response, 0);
    response.once('close', () => {
      this.#missed.delete(response);
      if (this.#missed.size === 0) this.#onLast();
    });
    response.on('error', () => response.destroy()); // it went away while we wrote: 'close' follows
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\n\n');
    if (this.#missed.size === 1) this.#onFirst();
    return true;
  }

  /** Sends to everybody; who has not taken what came before misses this one. */
  send(event: string, json: string): void {
    const message = Buffer.from(`event: ${event}\ndata: ${json}\n\n`);
    for (const [response, missed] of this.#missed) {
      if (response.writableLength <= maxWaitingBytes) {
        response.write(message);
        this.#missed.set(response, 0);
      } else if (missed + 1 > maxMissed) response.destroy();
      else this.#missed.set(response, missed + 1);
    }
  }

  /** Ends every response. */
  close(): void {
    for (const response of this.#missed.keys()) response.destroy();
  }
}
