import { isUtf8 } from 'node:buffer';
import { cameraLabelOf, describeName, pause } from '@trinetra/contracts';
import type { LeaseReader } from '../reading/lease-reader.ts';
import type { SourceContext } from '../source-context.ts';
import { forget, measureStreams, permitted } from './measure-streams.ts';

/** Part of the time of Redis that all workers of a group together take to look for new streams. */
const shareOfRedis = 0.1;
/** The same in the first round of a process, which has no camera before. */
const shareAtStart = 0.5;
/** Keys that one call looks at, and how long Redis is to be busy with it: nobody else waits longer for it. */
const keysPerCall = { fewest: 100, first: 1000, most: 10_000 } as const;
const busyMs = { short: 0.5, long: 2 } as const;
/** What takes longer than this, ms, is not the work of the call. */
const longestBusyMs = 10;
/** No key costs less, ms: below it, what was measured is noise. */
const leastMsPerKey = 4e-4;
/** So often the way to Redis is measured, calls. */
const callsPerRoundTrip = 16;
/** The least of so many measurements is the way to Redis, and what a key costs it: what comes on top is waiting, here or there. */
const measurements = 8;
/** New streams are told in one line, so often at most, ms. */
const tellEveryMs = 1000;

function remember(values: number[], value: number): void {
  values.push(value);
  if (values.length > measurements) values.shift();
}

/**
 * Looks for the streams of cameras among all keys of a Redis, which may have millions of others.
 *
 * After each call it waits for as long as its share demands, so a round takes as long as the keys need. What a call costs Redis is
 * what it takes beyond the way there and back.
 */
export class Discovery {
  readonly #context: SourceContext;
  readonly #reader: LeaseReader;
  readonly #onProgress: () => void;
  /** Consumers of the group, at least 1: they share the time. */
  workers = 1;
  #keysPerCall: number = keysPerCall.first;
  readonly #roundTripsMs: number[] = [];
  #calls = 0;
  /** Of the last calls, ms a key. */
  readonly #costs: number[] = [];
  #isFirst = true;
  #untold: string[] = [];
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param onProgress Called while it goes well, after each call. */
  constructor(context: SourceContext, reader: LeaseReader, onProgress: () => void) {
    this.#context = context;
    this.#reader = reader;
    this.#onProgress = onProgress;
  }

  /** Goes once through all keys: takes up the streams that came as it finds them, and forgets those that went. */
  async round(signal: AbortSignal): Promise<void> {
    const { client, schedule, troubles } = this.#context;
    const before = schedule.keys();
    const { connections } = client;
    const found = new Set<string>();
    let cursor = '0';
    do {
      const { next, keys, tookMs } = await this.#page(cursor);
      // Another server may count in another way: what is not found now may be there.
      if (client.connections !== connections) return;
      await this.#takeUp(keys, found);
      this.#onProgress();
      cursor = next;
      if (cursor === '0') this.#tell();
      const share = this.#isFirst ? shareAtStart : shareOfRedis / this.workers;
      await pause(tookMs * (1 / share - 1), signal);
      if (signal.aborted) return;
    } while (cursor !== '0');
    this.#isFirst = false;
    for (const key of before) if (!found.has(key)) forget(this.#context, key);
    troubles.keep(found);
  }

  /** One page of keys, and for how long Redis was busy with it, ms. */
  async #page(cursor: string): Promise<{ next: string; keys: readonly Buffer[]; tookMs: number }> {
    const { client, settings } = this.#context;
    if (this.#calls % callsPerRoundTrip === 0) {
      const askedAt = performance.now();
      await client.roundTrip();
      remember(this.#roundTripsMs, performance.now() - askedAt);
    }
    this.#calls += 1;
    const count = this.#keysPerCall;
    const askedAt = performance.now();
    const page = await client.scanPage(settings.streamPattern, cursor, count);
    remember(this.#costs, (performance.now() - askedAt - Math.min(...this.#roundTripsMs)) / count);
    const tookMs = count * Math.max(leastMsPerKey, Math.min(...this.#costs));
    if (tookMs < busyMs.short) this.#keysPerCall = Math.min(keysPerCall.most, count * 2);
    if (tookMs > busyMs.long) this.#keysPerCall = Math.max(keysPerCall.fewest, count >> 1);
    return { ...page, tookMs: Math.min(longestBusyMs, tookMs) };
  }

  async #takeUp(keys: readonly Buffer[], found: Set<string>): Promise<void> {
    const { schedule, settings, warnOnce } = this.#context;
    const unknown: string[] = [];
    for (const bytes of keys) {
      // It would come back as another key.
      if (!isUtf8(bytes)) {
        const stream = describeName(bytes);
        warnOnce(
          `name ${bytes.toString('latin1')}`,
          { stream },
          'a stream is not read: its name is not UTF-8',
        );
        continue;
      }
      const key = bytes.toString();
      if (key.startsWith(settings.deadLetterPrefix)) continue;
      found.add(key);
      if (!schedule.has(key)) unknown.push(key);
    }
    const fresh = await permitted(this.#context, unknown);
    for (const key of fresh) schedule.add(key, settings.weights.others);
    if (fresh.length === 0) return;
    this.#untold.push(...fresh);
    if (performance.now() - this.#toldAt > tellEveryMs) this.#tell();
    this.#reader.recover('own', fresh);
    this.#reader.recover('all', fresh);
    await measureStreams(this.#context, fresh);
  }

  #tell(): void {
    const cameras = this.#untold.splice(0).map(cameraLabelOf);
    if (cameras.length === 0) return;
    this.#toldAt = performance.now();
    this.#context.settings.logger.info({ cameras }, 'new streams found');
  }
}
