import type { FrameOutcome } from '@trinetra/contracts';
import { AckQueue, touch } from './ack-queue.ts';
import { RedisBatchSourceError } from './errors.ts';
import { FairSchedule } from './fair-schedule.ts';
import {
  chunksOf,
  discover,
  type HousekeepingContext,
  lookAtStreams,
  removeDeadConsumers,
  streamsPerCall,
} from './housekeeping.ts';
import { LeaseReader } from './lease-reader.ts';
import { Ledger } from './ledger.ts';
import { MemoryWatch } from './memory-watch.ts';
import { parseOptions, type RedisBatchSourceOptions, type RedisBatchSourceSettings } from './options.ts';
import { leaseName } from './recovery.ts';
import { describeError, isAccessError, RedisClient } from './redis-client.ts';
import { repeat } from './repeat.ts';
import { rightsProbes } from './rights.ts';
import { leaveScript } from './scripts.ts';
import { StreamTroubles } from './stream-troubles.ts';
import type { Lease, RedisBatchSource, SourceStats } from './types.ts';
import { UnreadGroups } from './unread-groups.ts';
import { WorkerRegistry } from './worker-registry.ts';

/** Leases that one script call keeps alive: a bound on how long Redis is busy with it. */
const leasesPerBeat = 500;
/** A round of housekeeping takes milliseconds; where one takes so long and nothing comes in, Redis does not answer. */
const slowRoundMs = 2000;

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
  #serverChecked = false;
  /** The one that was judged last: a warning comes once, not after each reconnect. */
  #evictionPolicy: string | undefined;
  /** `performance.now()` when the round of housekeeping that is under way began. */
  #roundStartedAt: number | undefined;
  #tidy = false;
  #closed: Promise<void> | undefined;

  constructor(settings: RedisBatchSourceSettings, client: RedisClient) {
    this.#settings = settings;
    this.#client = client;
    const registry = new WorkerRegistry(client, settings);
    const troubles = new StreamTroubles(client, settings.logger);
    this.#registry = registry;
    const [schedule, ledger] = [this.#schedule, this.#ledger];
    this.#context = {
      client,
      settings,
      schedule,
      ledger,
      registry,
      troubles,
      unreadGroups: new UnreadGroups(settings),
      deleteLater: (entry) => this.#acks.deleteLater([entry]),
    };
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
    let reported = '';
    const guarded = (step: () => Promise<void>) => async (): Promise<void> => {
      if (!this.#client.isReady) {
        this.#tidy = false;
        return;
      }
      try {
        await step();
        reported = '';
      } catch (error) {
        this.#tidy = false;
        const text = describeError(error);
        if (text !== reported) logger.warn({ error: text }, 'housekeeping in Redis failed; trying again');
        reported = text;
        if (error instanceof RedisBatchSourceError || isAccessError(error)) this.#reader.fail(error);
      }
    };
    this.#client.onReady(() => {
      this.#serverChecked = false;
      // An answer may have been lost with the connection: what it leased is pending under our name.
      this.#reader.recoverOwn(this.#schedule.keys());
    });
    this.#background = Promise.all([
      this.#registry.keep(signal, () => this.#reader.roomIsFree()),
      repeat(
        guarded(() => this.#keepHouse()),
        { everyMs: discoveryIntervalMs, signal },
      ),
      repeat(
        guarded(() => this.#beat()),
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
    return this.#ledger.stats(Date.now());
  }

  isHealthy(): boolean {
    // While a large reply is on its way, an answer that waits behind it is late but not missing.
    const answeredAt = Math.max(this.#roundStartedAt ?? performance.now(), this.#client.heardAt);
    return this.#client.isReady && this.#tidy && performance.now() - answeredAt < slowRoundMs;
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

  async #keepHouse(): Promise<void> {
    this.#roundStartedAt = performance.now();
    try {
      await this.#houseRound();
      this.#tidy = true;
    } finally {
      this.#roundStartedAt = undefined;
    }
  }

  async #houseRound(): Promise<void> {
    if (!this.#serverChecked) await this.#checkServer();
    const fresh = await discover(this.#context);
    this.#reader.recoverOwn(fresh);
    this.#reader.recoverIdle(fresh);
    for (const key of fresh) this.#schedule.add(key, this.#settings.weights.others);
    await lookAtStreams(this.#context, this.#schedule.keys());
    await this.#memory.look();
    await this.#acks.deleteEarly();
  }

  /** Keeps what is in work from looking abandoned, and looks for what others abandoned. */
  async #beat(): Promise<void> {
    await this.#keepAlive([...this.#held.values()]);
    this.#reader.recoverIdle(this.#schedule.keys());
    await removeDeadConsumers(this.#context);
  }

  async #checkServer(): Promise<void> {
    const missing = await this.#client.findMissingRights();
    if (missing !== undefined) throw missing;
    const { version, evictionPolicy } = await this.#client.serverFacts();
    if (Number(version.split('.')[0]) < 7) {
      throw new RedisBatchSourceError(
        'unsupported_server',
        `Expected Redis 7.0 or later but received ${version}: upgrade the server`,
      );
    }
    if (evictionPolicy !== undefined && evictionPolicy !== this.#evictionPolicy) {
      if (evictionPolicy !== 'noeviction') {
        this.#settings.logger.warn(
          { evictionPolicy },
          'Redis may evict whole streams when its memory is full: set maxmemory-policy to noeviction',
        );
      }
      this.#evictionPolicy = evictionPolicy;
    }
    this.#serverChecked = true;
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
