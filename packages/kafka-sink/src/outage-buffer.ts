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
  /** The events of a write that takes longer than this wait like the others, so that the caller goes on, ms. Default 500. */
  readonly stallMs?: number;
  /** Between two tries while the sink is away, ms. Default 250. */
  readonly retryDelayMs?: number;
  /** Events of a camera in one write of the way back. Default 32. */
  readonly maxBatchSize?: number;
  /** Default: silent. */
  readonly logger?: Logger;
}

/** Events that wait for a sink to come back; see `createOutageBuffer`. */
export interface OutageBuffer {
  /**
   * Writes events, each behind those of its camera that wait. Resolves once each is done with, or waits; calls may overlap.
   */
  write(events: readonly DetectionEvent[]): Promise<Delivery[]>;
  /** Events that wait, and the bytes of their JSON. */
  stats(): { readonly events: number; readonly bytes: number };
  /**
   * Tries for `limitMs` more, also what is written meanwhile; then ends what still waits, and what cannot be written later, as
   * `undelivered`. Resolves once nothing waits. Does not close the sink.
   */
  close(limitMs: number): Promise<void>;
}

/** While one write stalls, another that takes longer than this waits at once, ms: it most likely goes the same way. */
const stallTogetherMs = 50;

interface Waiting {
  readonly event: DetectionEvent;
  /** Place in the order in which the events were written. */
  readonly place: number;
  readonly bytes: number;
  readonly result: Promise<BufferedResult>;
  readonly resolve: (result: BufferedResult) => void;
  /** It is being written: not to be given up meanwhile, as it may have arrived. */
  underWay: boolean;
}

const undelivered: BufferedResult = {
  ok: false,
  reason: 'undelivered',
  message: 'The sink did not come back in time',
};

/** A failure that passes when the other side is mended: whatever is not the event's own, also what nobody knows. */
const isOutage = (result: WriteResult): boolean => !result.ok && !isOwnFault(result.reason);

function byCamera(events: readonly DetectionEvent[]): Map<string, DetectionEvent[]> {
  const groups = new Map<string, DetectionEvent[]>();
  for (const event of events) {
    const group = groups.get(event.camera_id);
    if (group === undefined) groups.set(event.camera_id, [event]);
    else group.push(event);
  }
  return groups;
}

/**
 * Lets events wait in memory, bounded and each camera's in order, while a sink cannot take them, and sends them on when it can. A
 * camera whose events wait holds up no other. Of too many the oldest are given up first: consumers prefer what is recent.
 *
 * @throws RangeError for a `maxBytes` that is no whole number from 1.
 * @example
 * const buffer = createOutageBuffer({ sink });
 * for (const delivery of await buffer.write(events)) {
 *   const result = await delivery.result;
 * }
 */
export function createOutageBuffer(options: OutageBufferOptions): OutageBuffer {
  const { maxBytes = 64 * 1024 * 1024 } = options;
  if (!Number.isInteger(maxBytes) || maxBytes < 1) {
    throw new RangeError(`maxBytes: expected a whole number from 1 but received ${maxBytes}`);
  }
  return new Buffering({
    retryDelayMs: 250,
    maxBatchSize: 32,
    stallMs: 500,
    logger: silentLogger,
    ...options,
    maxBytes,
  });
}

class Buffering implements OutageBuffer {
  readonly #options: Required<OutageBufferOptions>;
  readonly #closing = new AbortController();
  /** All that wait, about in the order they were written. */
  readonly #all = new Set<Waiting>();
  /** The same by camera, in that order. */
  readonly #cameras = new Map<string, Waiting[]>();
  #bytes = 0;
  #places = 0;
  /** Writes that take long. */
  #stalled = 0;
  #draining: Promise<void> | undefined;
  #closed = false;
  #overflowing = false;

  constructor(options: Required<OutageBufferOptions>) {
    this.#options = options;
  }

  async write(events: readonly DetectionEvent[]): Promise<Delivery[]> {
    const deliveries = new Map<DetectionEvent, Promise<Delivery>>();
    for (const [camera, group] of byCamera(events)) {
      const written = this.#writeGroup(camera, group);
      for (const [index, event] of group.entries()) {
        deliveries.set(
          event,
          written.then((all) => all[index] ?? { waiting: false, result: undelivered }),
        );
      }
    }
    return Promise.all(
      events.map((event) => deliveries.get(event) ?? { waiting: false as const, result: undelivered }),
    );
  }

  async #writeGroup(camera: string, events: readonly DetectionEvent[]): Promise<Delivery[]> {
    const places = events.map(() => this.#places++);
    if (this.#cameras.has(camera)) {
      return events.map((event, index) => ({
        waiting: true,
        first: null,
        result: this.#enqueue(event, places[index] ?? 0, false).result,
      }));
    }
    const writing = this.#options.sink.write(events);
    const results = await within(writing, this.#stalled > 0 ? stallTogetherMs : this.#options.stallMs);
    const isLate = results === null;
    const late: Waiting[] = [];
    const deliveries = events.map((event, index): Delivery => {
      const result = results?.[index];
      if (!isLate && result === undefined) throw new Error('a sink must answer for every event');
      if (result !== undefined && !isOutage(result)) return { waiting: false, result };
      if (this.#closed) return { waiting: false, result: undelivered };
      const first = writing.then(
        (all) => all[index] ?? undelivered,
        () => undelivered,
      );
      const waiting = this.#enqueue(event, places[index] ?? 0, isLate);
      if (isLate) late.push(waiting);
      return { waiting: true, first, result: waiting.result };
    });
    if (late.length > 0) void this.#settleLate(camera, late, writing);
    return deliveries;
  }

  #enqueue(event: DetectionEvent, place: number, underWay: boolean): Waiting {
    const { promise: result, resolve } = Promise.withResolvers<BufferedResult>();
    const bytes = Buffer.byteLength(JSON.stringify(event));
    const waiting: Waiting = { event, place, bytes, result, resolve, underWay };
    const queue = this.#cameras.get(event.camera_id) ?? [];
    this.#cameras.set(event.camera_id, queue);
    // One that was written earlier may have failed later.
    const behind = queue.findLastIndex((other) => other.place < place);
    queue.splice(behind + 1, 0, waiting);
    this.#all.add(waiting);
    this.#bytes += waiting.bytes;
    this.#giveUpOldest();
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return waiting;
  }

  #end(waiting: Waiting, result: BufferedResult): void {
    if (!this.#all.delete(waiting)) return;
    const { camera_id: camera } = waiting.event;
    const queue = this.#cameras.get(camera) ?? [];
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length === 0) this.#cameras.delete(camera);
    this.#bytes -= waiting.bytes;
    waiting.resolve(result);
  }

  #giveUpOldest(): void {
    const { maxBytes, logger } = this.#options;
    if (this.#bytes <= maxBytes) return;
    if (!this.#overflowing) logger.warn({ maxBytes }, 'too many events wait: the oldest are given up');
    this.#overflowing = true;
    const message = `Expected at most ${maxBytes} bytes of waiting events: the oldest is given up`;
    for (const waiting of this.#all) {
      if (this.#bytes <= maxBytes) return;
      if (!waiting.underWay) this.#end(waiting, { ok: false, reason: 'overflow', message });
    }
  }

  /** Waits for the answer to a write whose events wait meanwhile. */
  async #settleLate(
    camera: string,
    late: readonly Waiting[],
    writing: Promise<readonly WriteResult[]>,
  ): Promise<void> {
    this.#stalled += 1;
    const went = await this.#settle(late, writing);
    this.#stalled -= 1;
    if (went) await this.#send(camera);
  }

  /** Waits for the write of `head`; whether all of them are done with. */
  async #settle(head: readonly Waiting[], writing: Promise<readonly WriteResult[]>): Promise<boolean> {
    const results = await orAborted(writing, this.#closing.signal, []).catch(() => []);
    for (const waiting of head) waiting.underWay = false;
    for (const [index, waiting] of head.entries()) {
      const result = results[index];
      if (result === undefined || isOutage(result)) return false; // those behind it must not overtake it
      this.#end(waiting, result);
    }
    return true;
  }

  /** Sends what waits of a camera, until it fails. */
  async #send(camera: string): Promise<void> {
    for (;;) {
      const head = (this.#cameras.get(camera) ?? []).slice(0, this.#options.maxBatchSize);
      if (this.#closed || head.length === 0 || head.some(({ underWay }) => underWay)) return;
      for (const waiting of head) waiting.underWay = true;
      const went = await this.#settle(head, this.#options.sink.write(head.map(({ event }) => event)));
      if (!went) return;
    }
  }

  async #drain(): Promise<void> {
    const { retryDelayMs, maxBytes, logger } = this.#options;
    logger.warn({ maxBytes }, 'the sink is away: events wait in memory');
    while (this.#all.size > 0 && !this.#closed) {
      await delay(retryDelayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      for (const camera of [...this.#cameras.keys()]) void this.#send(camera);
    }
    this.#overflowing = false;
    if (this.#all.size === 0) logger.info({}, 'no event waits any more');
  }

  stats(): { readonly events: number; readonly bytes: number } {
    return { events: this.#all.size, bytes: this.#bytes };
  }

  async close(limitMs: number): Promise<void> {
    const giveUp = (): void => {
      this.#closed = true;
      this.#closing.abort();
      for (const waiting of [...this.#all]) this.#end(waiting, undelivered);
    };
    if (limitMs > 0) setTimeout(giveUp, limitMs).unref();
    else giveUp();
    await this.#draining;
  }
}
