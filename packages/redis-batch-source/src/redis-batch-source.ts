import { createWarnOnce, type FrameOutcome } from '@trinetra/contracts';
import { AckQueue, touch } from './ack-queue.ts';
import { AnswerWatch } from './connection/answer-watch.ts';
import { Discovery } from './housekeeping/discovery.ts';
import { RedisBatchSourceError } from './errors.ts';
import { FairSchedule } from './reading/fair-schedule.ts';
import {
  chunksOf,
  type HousekeepingContext,
  lookAtStreams,
  removeDeadConsumers,
  streamsPerCall,
} from './housekeeping/housekeeping.ts';
import { LeaseReader } from './reading/lease-reader.ts';
import { Ledger } from './ledger.ts';
import { MemoryWatch } from './housekeeping/memory-watch.ts';
import { parseOptions, type RedisBatchSourceOptions, type RedisBatchSourceSettings } from './options.ts';
import { leaseName } from './reading/recovery.ts';
import { describeError, isAccessError, RedisClient } from './connection/redis-client.ts';
import { repeat } from './housekeeping/repeat.ts';
import { rightsProbes } from './connection/rights.ts';
import { leaveScript } from './scripts/scripts.ts';
import { ServerCheck } from './connection/server-check.ts';
import { StreamTroubles } from './stream-troubles.ts';
import type { Lease, RedisBatchSource, SourceStats } from './types.ts';
import { UnreadGroups } from './housekeeping/unread-groups.ts';
import { WorkerRegistry } from './housekeeping/worker-registry.ts';

/** Leases that one script call keeps alive: a bound on how long Redis is busy with it. */
const leasesPerBeat = 500;
/** Each call of housekeeping takes milliseconds; where one takes so long and nothing comes in, Redis does not answer. */
const slowAnswerMs = 2000;

class ConnectedSource implements RedisBatchSource {
  readonly #settings: RedisBatchSourceSettings;
  readonly #client: RedisClient;
  readonly #schedule = new FairSchedule();
  readonly #ledger = new Ledger();
  readonly #acks: AckQueue;
  readonly #registry: WorkerRegistry;
  readonly #held = new Map<string, Lease>();
  readonly #parked = new Set<Lease>();
  /** Those whose deliveries Redis may still count. */
  #newlyParked: Lease[] = [];
  readonly #reader: LeaseReader;
  readonly #context: HousekeepingContext;
  readonly #memory: MemoryWatch;
  readonly #stopping = new AbortController();
  readonly #closing = new AbortController();
  #background: Promise<unknown> = Promise.resolve();
  readonly #answers = new AnswerWatch();
  #workers = 1;
  readonly #server: ServerCheck;
  /** What of housekeeping does not go well. */
  readonly #unwell = new Set<'look' | 'discover'>(['look']);
  #closed: Promise<void> | undefined;

  constructor(settings: RedisBatchSourceSettings, client: RedisClient) {
    this.#settings = settings;
    this.#client = client;
    const registry = new WorkerRegistry(client, settings);
    const troubles = new StreamTroubles(client, settings.logger);
    this.#registry = registry;
    this.#context = {
      client,
      settings,
      schedule: this.#schedule,
      ledger: this.#ledger,
      registry,
      troubles,
      unreadGroups: new UnreadGroups(settings),
      deleteLater: (entry) => this.#acks.deleteLater([entry]),
      answers: this.#answers,
      warnOnce: createWarnOnce(settings.logger),
      workers: () => this.#workers,
    };
    this.#server = new ServerCheck(this.#context);
    this.#memory = new MemoryWatch(client, settings);
    this.#acks = new AckQueue({ ...settings, client, registry, troubles });
    this.#reader = new LeaseReader(this.#context, {
      held: this.#held,
      parked: this.#parked,
      stopping: this.#stopping.signal,
      unacked: this.#acks.unacked,
      release: (lease) => void this.settle(lease, 'released'),
    });
  }

  start(): void {
    const { discoveryIntervalMs, claimIdleMs, logger } = this.#settings;
    const signal = this.#closing.signal;
    const reported = new Map<string, string>();
    const guarded = (part: 'look' | 'discover', step: () => Promise<void>) => async (): Promise<void> => {
      if (!this.#client.isReady) {
        this.#unwell.add('look');
        return;
      }
      try {
        await step();
        this.#unwell.delete(part);
        reported.delete(part);
      } catch (error) {
        this.#unwell.add(part);
        const text = describeError(error);
        if (![...reported.values()].includes(text))
          logger.warn({ error: text }, 'housekeeping in Redis failed; trying again');
        reported.set(part, text);
        if (error instanceof RedisBatchSourceError || isAccessError(error)) this.#reader.fail(error);
      }
    };
    this.#client.onReady(() => {
      this.#server.isNew();
      // An answer may have been lost with the connection: what it leased is pending under our name.
      this.#reader.recoverOwn(this.#schedule.keys());
    });
    const discovery = new Discovery(this.#context, {
      signal,
      onProgress: () => this.#unwell.delete('discover'),
      onFresh: (streams) => {
        this.#reader.recoverOwn(streams);
        this.#reader.recoverIdle(streams);
      },
    });
    const discover = async (): Promise<void> => {
      await this.#server.check();
      await discovery.round();
    };
    this.#background = Promise.all([
      this.#registry.keep(signal, () => this.#reader.roomIsFree()),
      repeat(guarded('discover', discover), { everyMs: discoveryIntervalMs, signal }),
      repeat(
        guarded('look', () => this.#look()),
        { everyMs: discoveryIntervalMs, signal },
      ),
      repeat(
        guarded('look', () => this.#beat()),
        { everyMs: Math.ceil(claimIdleMs / 3), signal, first: 'later' },
      ),
    ]);
  }

  leases(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Lease> {
    options.signal?.addEventListener('abort', () => this.stop(), { once: true });
    if (options.signal?.aborted === true) this.stop();
    return this.#reader.leases();
  }

  async settle(lease: Lease, outcome: FrameOutcome): Promise<void> {
    const name = leaseName(lease);
    if (this.#held.get(name) !== lease) return;
    this.#held.delete(name);
    this.#parked.delete(lease);
    this.#ledger.settled(lease.streamKey, outcome);
    this.#reader.roomIsFree();
    await this.#acks.add(lease, { release: outcome === 'released' });
    this.#reader.roomIsFree();
  }

  park(lease: Lease): Lease {
    const name = leaseName(lease);
    if (this.#held.get(name) !== lease || this.#parked.has(lease)) return lease;
    const parked = { ...lease, fields: [], deliveryCount: 0 };
    this.#held.set(name, parked);
    this.#parked.add(parked);
    this.#newlyParked.push(parked);
    if (this.#newlyParked.length === 1) setImmediate(() => void this.#forgetDeliveries());
    this.#reader.roomIsFree();
    return parked;
  }

  get consumerName(): string {
    return this.#registry.name;
  }

  stop({ unpulled = 'release' }: { readonly unpulled?: 'release' | 'serve' } = {}): void {
    if (this.#stopping.signal.aborted) return;
    if (unpulled === 'serve') this.#reader.serveRest();
    this.#stopping.abort();
    this.#acks.startDraining();
  }

  stats(): SourceStats {
    return { ...this.#ledger.stats(Date.now()), unreadGroups: this.#context.unreadGroups.streamsByGroup() };
  }

  isHealthy(): boolean {
    // While a large reply is on its way, an answer that waits behind it is late but not missing.
    const silentMs = Math.min(this.#answers.longestMs(), performance.now() - this.#client.heardAt);
    return this.#client.isReady && this.#unwell.size === 0 && silentMs < slowAnswerMs;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.stop();
    await this.#reader.close();
    for (const lease of this.#held.values()) void this.settle(lease, 'released');
    await this.#acks.idle();
    this.#closing.abort();
    await this.#background;
    if (this.#client.isReady) {
      const { consumerGroup, logger } = this.#settings;
      try {
        for (const keys of chunksOf(this.#schedule.keys(), streamsPerCall)) {
          await this.#client.run(leaveScript, keys, [consumerGroup, this.#registry.name]);
        }
        await this.#registry.leave();
      } catch (error) {
        logger.warn({ error: describeError(error) }, 'the consumer could not leave its groups');
      }
    }
    this.#client.close();
  }

  /** A heartbeat of what was parked just now. One that fails is made good by the next of all. */
  async #forgetDeliveries(): Promise<void> {
    const leases = this.#newlyParked.splice(0).filter((lease) => this.#parked.has(lease));
    try {
      await this.#keepAlive(leases);
    } catch (error) {
      this.#settings.logger.debug(
        { error: describeError(error) },
        'deliveries of parked leases are not reset yet',
      );
    }
  }

  async #keepAlive(held: readonly Lease[]): Promise<void> {
    const { consumerGroup, logger } = this.#settings;
    const consumerName = this.#registry.name;
    for (const leases of chunksOf(held, leasesPerBeat)) {
      const still = await touch(this.#client, { consumerGroup, consumerName, idleMs: 0, leases });
      if (still < leases.length)
        logger.debug({ count: leases.length - still }, 'leases were settled or lost meanwhile');
    }
  }

  async #look(): Promise<void> {
    await this.#server.check();
    this.#workers = await lookAtStreams(this.#context, this.#schedule.keys());
    await this.#memory.look();
    await this.#acks.deleteEarly();
  }

  /** Keeps what is in work from looking abandoned, and looks for what others abandoned. */
  async #beat(): Promise<void> {
    await this.#keepAlive([...this.#held.values()]);
    this.#reader.recoverIdle(this.#schedule.keys());
    await removeDeadConsumers(this.#context);
  }
}

/**
 * Joins the consumer group of every stream that matches a pattern, now and later, and hands out its entries as
 * leases: fairly, by priority, never more than `maxInFlight` at once. First come the entries that this consumer left
 * pending in an earlier life, then new ones; what other consumers leave untouched is taken over as time goes by.
 *
 * A Redis that is away, now or later, is waited for.
 *
 * @throws {@link RedisBatchSourceError} `invalid_options`; `access_denied` where Redis refuses user or password.
 * @example
 * await using source = await createRedisBatchSource({
 *   redis: { url: 'redis://localhost:6379' },
 *   consumerName: 'worker-1',
 *   maxInFlight: 12,
 * });
 * for await (const lease of source.leases()) await source.settle(lease, 'published');
 */
export async function createRedisBatchSource(options: RedisBatchSourceOptions): Promise<RedisBatchSource> {
  const settings = parseOptions(options);
  const client = new RedisClient(settings, rightsProbes(settings));
  await client.connect();
  const source = new ConnectedSource(settings, client);
  source.start();
  return source;
}
