import { setTimeout as delay } from 'node:timers/promises';
import { type DetectionEvent, type Logger, silentLogger } from '@trinetra/contracts';
import type { DetectionSink, WriteResult } from './sink.ts';

/** Why an event that waited was given up: the buffer was full, or was closed before the sink came back. */
export type BufferFailureReason = 'overflow' | 'undelivered';

/** What became of an event that waited. */
export type BufferedResult =
  | WriteResult
  | { readonly ok: false; readonly reason: BufferFailureReason; readonly message: string };

/** What became of an event at once, or what will. */
export type Delivery =
  | { readonly waiting: false; readonly result: BufferedResult }
  | { readonly waiting: true; readonly first: WriteResult | null; readonly result: Promise<BufferedResult> };

export interface OutageBufferOptions {
  readonly sink: DetectionSink;
  /** Bound for the JSON of all events that wait. Default 64 MiB. */
  readonly maxBytes?: number;
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

/** Failures that pass when the other side is mended; the others are the event's own. */
const isOutage = (result: WriteResult): boolean =>
  !result.ok && ['unreachable', 'refused', 'unknown_topic'].includes(result.reason);

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
  const { logger = silentLogger } = options;
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

  function takeOut(at: number): Waiting | undefined {
    const [one] = queue.splice(at, 1);
    bytes -= one?.bytes ?? 0;
    return one;
  }

  function enqueue(event: DetectionEvent): Promise<BufferedResult> {
    const { promise, resolve } = Promise.withResolvers<BufferedResult>();
    const waiting = { event, bytes: Buffer.byteLength(JSON.stringify(event)), resolve };
    if (queue.length === 0) logger.warn({ maxBytes }, 'the sink is away: events wait in memory');
    queue.push(waiting);
    bytes += waiting.bytes;
    while (bytes > maxBytes && queue.length > underWay) {
      const message = `Expected at most ${maxBytes} bytes of waiting events: the oldest is given up`;
      takeOut(underWay)?.resolve({ ok: false, reason: 'overflow', message });
    }
    draining ??= drain().finally(() => {
      draining = undefined;
    });
    return promise;
  }

  /** Writes the head of the queue; whether any of it is done with. */
  async function writeHead(): Promise<boolean> {
    const head = queue.slice(0, maxBatchSize);
    underWay = head.length;
    const results = await sink.write(head.map(({ event }) => event));
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

  async function drain(): Promise<void> {
    let moved = false; // it was away a moment ago
    while (queue.length > 0 && !closed) {
      if (!moved) await delay(retryDelayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (!closed) moved = await writeHead();
    }
    if (queue.length === 0) logger.info({}, 'no event waits any more');
  }

  return {
    async write(events) {
      const wait = (event: DetectionEvent, first: WriteResult | null): Delivery => ({
        waiting: true,
        first,
        result: enqueue(event),
      });
      if (queue.length > 0) return events.map((event) => wait(event, null));
      const results = await sink.write(events);
      return events.map((event, index) => {
        const result = results[index];
        if (result === undefined) throw new Error('a sink must answer for every event');
        if (!isOutage(result)) return { waiting: false, result };
        return closed ? { waiting: false, result: undelivered } : wait(event, result);
      });
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
