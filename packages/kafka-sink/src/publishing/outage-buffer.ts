import { type DetectionEventToWrite, orOnAbort, pause, within } from '@trinetra/contracts';
import { isOwnFault, type WriteResult } from '../sink.ts';
import type { Delivery, Publisher, PublisherOptions, PublishResult } from './publisher-types.ts';
import { type WaitingEvent, WaitingEvents } from './waiting-events.ts';

/** While one write stalls, another that takes longer than this waits at once, ms: it most likely goes the same way. */
const stallTogetherMs = 50;

const undelivered: PublishResult = {
  ok: false,
  reason: 'undelivered',
  message: 'The sink did not come back in time',
};

/** A failure that passes when the other side is mended: whatever is not the event's own, also what nobody knows. */
const isOutage = (result: WriteResult): boolean => !result.ok && !isOwnFault(result.reason);

/** Lets events wait in memory while a sink cannot take them, and sends them on when it can. */
export class OutageBuffer implements Publisher {
  readonly #options: Required<PublisherOptions>;
  readonly #closing = new AbortController();
  readonly #waiting: WaitingEvents;
  #places = 0;
  /** Writes that take long. */
  #stalled = 0;
  #draining: Promise<void> | undefined;

  constructor(options: Required<PublisherOptions>) {
    this.#options = options;
    this.#waiting = new WaitingEvents(options.maxBytes, options.logger);
  }

  async publish(events: readonly DetectionEventToWrite[]): Promise<Delivery[]> {
    const deliveries = new Map<DetectionEventToWrite, Promise<Delivery>>();
    for (const [camera, group] of Map.groupBy(events, (event) => event.camera_id)) {
      const written = this.#publishGroup(camera, group);
      for (const [index, event] of group.entries()) {
        deliveries.set(
          event,
          written.then((all) => all[index] ?? this.#done(undelivered)),
        );
      }
    }
    return Promise.all(events.map((event) => deliveries.get(event) ?? this.#done(undelivered)));
  }

  stats(): { readonly events: number; readonly bytes: number } {
    return { events: this.#waiting.size, bytes: this.#waiting.bytes };
  }

  async close(limitMs: number): Promise<void> {
    const giveUp = (): void => {
      this.#closing.abort();
      this.#waiting.endAll(undelivered);
    };
    if (limitMs > 0) setTimeout(giveUp, limitMs).unref();
    else giveUp();
    await this.#draining;
  }

  #done(result: PublishResult): Delivery {
    if (!result.ok) this.#options.onNotPublished();
    return { waiting: false, result };
  }

  /** Takes the events of one camera. */
  async #publishGroup(camera: string, events: readonly DetectionEventToWrite[]): Promise<Delivery[]> {
    const { sink, stallMs, onNotPublished } = this.#options;
    const from = this.#places;
    this.#places += events.length;
    if (this.#waiting.head(camera, 1).length > 0) {
      return events.map((event, index) => {
        onNotPublished();
        return this.#deliveryOf(this.#enqueue(event, from + index, false));
      });
    }
    const writing = sink.write(events);
    const results = await within(writing, this.#stalled > 0 ? stallTogetherMs : stallMs);
    const late: WaitingEvent[] = [];
    const deliveries = events.map((event, index): Delivery => {
      const result = results?.[index];
      if (results !== null && result === undefined) throw new Error('a sink must answer for every event');
      if (result !== undefined && !isOutage(result)) return this.#done(result);
      if (this.#closing.signal.aborted) return this.#done(undelivered);
      const waiting = this.#enqueue(event, from + index, results === null);
      if (results === null) late.push(waiting);
      else onNotPublished();
      return this.#deliveryOf(waiting);
    });
    if (late.length > 0) void this.#settleLate(camera, late, writing);
    return deliveries;
  }

  #deliveryOf({ result }: WaitingEvent): Delivery {
    return { waiting: true, holds: this.#options.failurePolicy === 'hold', result };
  }

  #enqueue(event: DetectionEventToWrite, place: number, underWay: boolean): WaitingEvent {
    const waiting = this.#waiting.add(event, place, underWay);
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return waiting;
  }

  /** Waits for the answer to a write whose events wait meanwhile. */
  async #settleLate(
    camera: string,
    late: readonly WaitingEvent[],
    writing: Promise<readonly WriteResult[]>,
  ): Promise<void> {
    this.#countLate(late.length, writing);
    this.#stalled += 1;
    const went = await this.#settle(late, writing);
    this.#stalled -= 1;
    if (went) await this.#send(camera);
  }

  /** A write that only takes long has published its events all the same: what it says counts, whenever it does. */
  #countLate(count: number, writing: Promise<readonly WriteResult[]>): void {
    void writing
      .catch((): WriteResult[] => [])
      .then((results) => {
        for (let index = 0; index < count; index += 1) {
          if (results[index]?.ok !== true) this.#options.onNotPublished();
        }
      });
  }

  /** Waits for the write of `head`; whether all of them are done with. */
  async #settle(head: readonly WaitingEvent[], writing: Promise<readonly WriteResult[]>): Promise<boolean> {
    const results = await orOnAbort(writing, this.#closing.signal, []).catch(() => []);
    for (const waiting of head) waiting.underWay = false;
    for (const [index, waiting] of head.entries()) {
      const result = results[index];
      if (result === undefined || isOutage(result)) return false; // those behind it must not overtake it
      this.#waiting.end(waiting, result);
    }
    return true;
  }

  /** Sends what waits of a camera, until it fails. */
  async #send(camera: string): Promise<void> {
    for (;;) {
      const head = this.#waiting.head(camera, this.#options.maxBatchSize);
      const isClosed = this.#closing.signal.aborted;
      if (isClosed || head.length === 0 || head.some(({ underWay }) => underWay)) return;
      for (const waiting of head) waiting.underWay = true;
      const went = await this.#settle(head, this.#options.sink.write(head.map(({ event }) => event)));
      if (!went) return;
    }
  }

  async #drain(): Promise<void> {
    const { retryDelayMs, maxBytes, logger } = this.#options;
    const { signal } = this.#closing;
    logger.warn({ maxBytes }, 'the sink is away: events wait in memory');
    while (this.#waiting.size > 0 && !signal.aborted) {
      await pause(retryDelayMs, signal);
      for (const camera of this.#waiting.cameras()) void this.#send(camera);
    }
    this.#waiting.outageIsOver();
    if (this.#waiting.size === 0) logger.info({}, 'no event waits any more');
  }
}
