import type { DetectionEventToWrite, Logger } from '@trinetra/contracts';
import type { PublishResult } from './publisher-types.ts';

/** An event that waits for the sink. */
export interface WaitingEvent {
  readonly event: DetectionEventToWrite;
  /** Place in the order in which the events were published. */
  readonly place: number;
  readonly bytes: number;
  readonly result: Promise<PublishResult>;
  readonly resolve: (result: PublishResult) => void;
  /** It is being written: not to be given up meanwhile, as it may have arrived. */
  underWay: boolean;
}

/** The events that wait: those of a camera in order, all together within a bound. Of too many the oldest are given up. */
export class WaitingEvents {
  readonly #maxBytes: number;
  readonly #logger: Logger;
  /** About in the order they were published. */
  readonly #all = new Set<WaitingEvent>();
  /** The same by camera, in that order. */
  readonly #cameras = new Map<string, WaitingEvent[]>();
  #bytes = 0;
  #overflowing = false;

  constructor(maxBytes: number, logger: Logger) {
    this.#maxBytes = maxBytes;
    this.#logger = logger;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Of their JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  cameras(): string[] {
    return [...this.#cameras.keys()];
  }

  /** The first events that wait of a camera. */
  head(camera: string, count: number): WaitingEvent[] {
    return (this.#cameras.get(camera) ?? []).slice(0, count);
  }

  add(event: DetectionEventToWrite, place: number, underWay: boolean): WaitingEvent {
    const { promise: result, resolve } = Promise.withResolvers<PublishResult>();
    const bytes = Buffer.byteLength(JSON.stringify(event));
    const waiting: WaitingEvent = { event, place, bytes, result, resolve, underWay };
    const queue = this.#cameras.get(event.camera_id) ?? [];
    this.#cameras.set(event.camera_id, queue);
    // One that was written earlier may have failed later.
    const behind = queue.findLastIndex((other) => other.place < place);
    queue.splice(behind + 1, 0, waiting);
    this.#all.add(waiting);
    this.#bytes += bytes;
    this.#giveUpOldest();
    return waiting;
  }

  end(waiting: WaitingEvent, result: PublishResult): void {
    if (!this.#all.delete(waiting)) return;
    const { camera_id: camera } = waiting.event;
    const queue = this.#cameras.get(camera) ?? [];
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length === 0) this.#cameras.delete(camera);
    this.#bytes -= waiting.bytes;
    waiting.resolve(result);
  }

  endAll(result: PublishResult): void {
    for (const waiting of [...this.#all]) this.end(waiting, result);
  }

  /** The next time that there are too many is worth a line again. */
  outageIsOver(): void {
    this.#overflowing = false;
  }

  #giveUpOldest(): void {
    const maxBytes = this.#maxBytes;
    if (this.#bytes <= maxBytes) return;
    if (!this.#overflowing) this.#logger.warn({ maxBytes }, 'too many events wait: the oldest are given up');
    this.#overflowing = true;
    const message = `Expected at most ${maxBytes} bytes of waiting events: the oldest is given up`;
    for (const waiting of this.#all) {
      if (this.#bytes <= maxBytes) return;
      if (!waiting.underWay) this.end(waiting, { ok: false, reason: 'overflow', message });
    }
  }
}
