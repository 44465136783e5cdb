import { setTimeout as delay } from 'node:timers/promises';
import { type DetectionEvent, type Logger, silentLogger } from '@trinetra/contracts';
import { orAborted, within } from './patience.ts';
import { type DetectionSink, isOwnFault, type WriteResult } from './sink.ts';

/** Why an event that waited was given up: the buffer was full, or was closed before the sink came back. */
export type BufferFailureReason = 'overflow' | 'undelivered';

/** What became of an event that waited. */
export type BufferedResult =
  | WriteResult
  | { readonly ok: false; readonly reason: BufferFailureReason; readonly message: string };

/** What became of an event at once, or what will; `first`: what the sink said to it at once, null where it was not asked. */
export type Delivery =
  | { readonly waiting: false; readonly result: BufferedResult }
  | {
      readonly waiting: true;
      readonly first: Promise<BufferedResult> | null;
      readonly result: Promise<BufferedResult>;
    };

export interface OutageBufferOptions {
  readonly sink: DetectionSink;
  /** Bound for the JSON of all events that wait. Default 64 MiB. */
  readonly maxBytes?: number;
  /** The events of a write that takes longer than this wait like the others, so that the caller goes on, ms. Default 1000. */
  readonly stallMs?: number;
  /** Between two tries while the sink is away, ms. Default 250. */
  readonly retryDelayMs?: number;
  /** Events in one write of the way back. Default 32. */
  readonly maxBatchSize?: number;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** Events that wait for a sink to come back; see `createOutageBuffer`. */
export interface OutageBuffer {
  /** Writes events in order, behind those that wait. One call at a time. */
  write(events: readonly DetectionEvent[]): Promise<Delivery[]>;
  /** Events that wait, and the bytes of their JSON. */
  stats(): { readonly events: number; readonly bytes: number };
  /**
   * Tries for `limitMs` more, then ends what still waits, and what cannot be written later, as `undelivered`. Does not
   * close the sink.
   */
  close(limitMs: number): Promise<void>;
}

interface Waiting {
  readonly event: DetectionEvent;
  readonly bytes: number;
  readonly resolve: (result: BufferedResult) => void;
}

const undelivered: BufferedResult = {
  ok: false,
  reason: 'undelivered',
  message: 'The sink did not come back in time',
};

/** A failure that passes when the other side is mended: whatever is not the event's own, also what nobody knows. */
const isOutage = (result: WriteResult): boolean => !result.ok && !isOwnFault(result.reason);

/**
 * Lets events wait in memory, in order and bounded, while a sink cannot take them, and sends them on when it can. Of
 * too many the oldest are given up first: consumers prefer what is recent.
 *
 * @throws RangeError for a `maxBytes` that is no whole number from 1.
 * @example
 * const buffer = createOutageBuffer({ sink });
 * for (const delivery of await buffer.write(events)) {
 *   const result = await delivery.result;
 * }
 */
export function createOutageBuffer(options: OutageBufferOptions): OutageBuffer {
  const { sink, maxBytes = 64 * 1024 * 1024, retryDelayMs = 250, maxBatchSize = 32 } = options;
  const { stallMs = 1000, logger = silentLogger } = options;
  if (!Number.isInteger(maxBytes) || maxBytes < 1) {
    throw new RangeError(`maxBytes: expected a whole number from 1 but received ${maxBytes}`);
  }
  const queue: Waiting[] = [];
  const closing = new AbortController();
  let bytes = 0;
  /** The first of the queue that are being written: not to be given up meanwhile. */
  let underWay = 0;
  let draining: Promise<void> | undefined;
  let closed = false;
  let overflowing = false;

  function takeOut(at: number): Waiting | undefined {
    const [one] = queue.splice(at, 1);
    bytes -= one?.bytes ?? 0;
    return one;
  }

  function giveUpOldest(): void {
    if (!overflowing) logger.warn({ maxBytes }, 'too many events wait: the oldest are given up');
    overflowing = true;
    const message = `Expected at most ${maxBytes} bytes of waiting events: the oldest is given up`;
    takeOut(underWay)?.resolve({ ok: false, reason: 'overflow', message });
  }

  function enqueue(event: DetectionEvent): Promise<BufferedResult> {
    const { promise, resolve } = Promise.withResolvers<BufferedResult>();
    const waiting = { event, bytes: Buffer.byteLength(JSON.stringify(event)), resolve };
    queue.push(waiting);
    bytes += waiting.bytes;
    while (bytes > maxBytes && queue.length > underWay) giveUpOldest();
    return promise;
  }

  /** Sends what waits, unless that is going on; `late` is the write of those under way, if there is one. */
  function startDraining(late?: Promise<readonly WriteResult[]>): void {
    if (draining !== undefined) return;
    logger.warn({ maxBytes }, 'the sink is away: events wait in memory');
    draining = drain(late).finally(() => {
      draining = undefined;
      if (queue.length > 0 && !closed) startDraining(); // written while the last ones left
    });
  }

  /** Waits for the write of the first `count`; whether any of them is done with. */
  async function settleHead(count: number, writing: Promise<readonly WriteResult[]>): Promise<boolean> {
    underWay = count;
    const head = queue.slice(0, count);
    const results = await orAborted(writing, closing.signal, []);
    underWay = 0;
    let done = 0;
    for (const [index, one] of head.entries()) {
      const result = results[index];
      if (result === undefined || isOutage(result)) break; // those behind it must not overtake it
      takeOut(0);
      one.resolve(result);
      done += 1;
    }
    return done > 0;
  }

  async function drain(late: Promise<readonly WriteResult[]> | undefined): Promise<void> {
    let moved = late !== undefined && (await settleHead(underWay, late));
    while (queue.length > 0 && !closed) {
      if (!moved) await delay(retryDelayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closed) break;
      const head = queue.slice(0, maxBatchSize).map(({ event }) => event);
      moved = await settleHead(head.length, sink.write(head));
    }
    overflowing = false;
    if (queue.length === 0) logger.info({}, 'no event waits any more');
  }

  return {
    async write(events) {
      if (queue.length > 0) {
        return events.map((event) => ({ waiting: true, first: null, result: enqueue(event) }));
      }
      const writing = sink.write(events);
      const results = await within(writing, stallMs);
      if (closed && results === null) return events.map(() => ({ waiting: false, result: undelivered }));
      if (results === null) underWay = events.length; // these are not to be given up: they may have arrived
      const deliveries = events.map((event, index): Delivery => {
        const result = results?.[index];
        if (results !== null && result === undefined) throw new Error('a sink must answer for every event');
        if (result !== undefined && !isOutage(result)) return { waiting: false, result };
        if (closed) return { waiting: false, result: undelivered };
        const first = writing.then((all) => all[index] ?? undelivered);
        return { waiting: true, first, result: enqueue(event) };
      });
      if (queue.length > 0) startDraining(results === null ? writing : undefined);
      return deliveries;
    },
    stats: () => ({ events: queue.length, bytes }),
    async close(limitMs) {
      const limit = delay(limitMs, undefined, { ref: false });
      while (draining !== undefined && !closed) {
        const ended = await Promise.race([draining.then(() => true), limit.then(() => false)]);
        if (!ended) break;
      }
      closed = true;
      closing.abort();
      await draining;
      for (const { resolve } of queue.splice(0)) resolve(undelivered);
      bytes = 0;
    },
  };
}
