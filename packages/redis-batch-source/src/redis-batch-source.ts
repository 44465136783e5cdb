import { createWarnOnce, type FrameOutcome, frameOutcomes, type SourceStats } from '@trinetra/contracts';
import { chunksOf, streamsPerCall } from './chunks.ts';
import { RedisClient } from './connection/redis-client.ts';
import { describeError } from './connection/redis-errors.ts';
import { rightsProbes } from './connection/rights.ts';
import { RedisBatchSourceError } from './errors.ts';
import type { GroupContext } from './group-context.ts';
import { Housekeeping } from './housekeeping/housekeeping.ts';
import { UnreadGroups } from './housekeeping/unread-groups.ts';
import { WorkerRegistry } from './housekeeping/worker-registry.ts';
import { Ledger } from './ledger.ts';
import {
  parseSourceOptions,
  type RedisBatchSourceOptions,
  type RedisBatchSourceSettings,
} from './options.ts';
import { FairSchedule } from './reading/fair-schedule.ts';
import { LeaseReader } from './reading/lease-reader.ts';
import { removeConsumers } from './scripts/remove-consumers.ts';
import { AckQueue } from './settling/ack-queue.ts';
import { HeldLeases } from './settling/held-leases.ts';
import type { SourceContext } from './source-context.ts';
import { StreamTroubles } from './stream-troubles.ts';
import type { Lease, OwnOutcome, RedisBatchSource } from './types.ts';

/** Reads from its creation on. */
class ConnectedSource<Outcome extends string> implements RedisBatchSource<Outcome> {
  readonly #outcomes: ReadonlySet<Outcome | 'released'>;
  readonly #ledger: Ledger<Outcome>;
  readonly #context: SourceContext;
  readonly #reader: LeaseReader;
  readonly #housekeeping: Housekeeping;
  readonly #kept: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  /** @param outcomes How its leases can end, beside `released`. */
  constructor(settings: RedisBatchSourceSettings, client: RedisClient, outcomes: readonly Outcome[]) {
    this.#outcomes = new Set([...outcomes, 'released']);
    this.#ledger = new Ledger(outcomes);
    const group: GroupContext = {
      client,
      settings,
      registry: new WorkerRegistry(client, settings),
      troubles: new StreamTroubles(client, settings.logger),
    };
    this.#context = {
      ...group,
      schedule: new FairSchedule(),
      ledger: this.#ledger,
      acks: new AckQueue(group),
      held: new HeldLeases(group),
      unreadGroups: new UnreadGroups(settings),
      warnOnce: createWarnOnce(settings.logger),
    };
    const release = (lease: Lease): void => void this.settle(lease, 'released');
    this.#reader = new LeaseReader(this.#context, this.#stopping.signal, release);
    this.#housekeeping = new Housekeeping(this.#context, this.#reader);
    this.#kept = this.#housekeeping.run(this.#closing.signal);
  }

  leases(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Lease> {
    options.signal?.addEventListener('abort', () => this.stop(), { once: true });
    if (options.signal?.aborted === true) this.stop();
    return this.#reader.leases();
  }

  async settle(lease: Lease, outcome: Outcome | 'released'): Promise<void> {
    const { held, acks } = this.#context;
    if (!this.#outcomes.has(outcome)) {
      const known = [...this.#outcomes].join(', ');
      throw new RedisBatchSourceError(
        'unknown_outcome',
        `settle(): expected one of ${known} but received ${JSON.stringify(outcome)}`,
      );
    }
    if (!held.remove(lease)) return;
    this.#ledger.settled(lease.streamKey, outcome);
    this.#reader.roomIsFree();
    await acks.add(lease, { release: outcome === 'released' });
    this.#reader.roomIsFree();
  }

  park(lease: Lease): Lease {
    const parked = this.#context.held.park(lease);
    this.#reader.roomIsFree();
    return parked;
  }

  get consumerName(): string {
    return this.#context.registry.name;
  }

  stop({ unpulled = 'release' }: { readonly unpulled?: 'release' | 'serve' } = {}): void {
    if (this.#stopping.signal.aborted) return;
    if (unpulled === 'serve') this.#reader.serveRest();
    this.#stopping.abort();
    this.#context.acks.startDraining();
  }

  stats(): SourceStats<Outcome | OwnOutcome> {
    const { unreadGroups } = this.#context;
    return { ...this.#ledger.stats(Date.now()), unreadGroups: unreadGroups.streamsByGroup() };
  }

  isHealthy(): boolean {
    return this.#housekeeping.isHealthy();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { client, held, acks } = this.#context;
    this.stop();
    await this.#reader.close();
    for (const lease of held.all()) void this.settle(lease, 'released');
    await acks.idle();
    this.#closing.abort();
    await this.#kept;
    if (client.isReady) await this.#leave();
    client.close();
  }

  async #leave(): Promise<void> {
    const { client, settings, schedule, registry } = this.#context;
    try {
      const consumer = { group: settings.consumerGroup, consumer: registry.name };
      for (const keys of chunksOf(schedule.keys(), streamsPerCall))
        await removeConsumers(client, keys, consumer);
      await registry.leave();
    } catch (error) {
      settings.logger.warn({ error: describeError(error) }, 'the consumer could not leave its groups');
    }
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
 * const source = await createRedisBatchSource({
 *   redis: { url: 'redis://localhost:6379' },
 *   consumerName: 'worker-1',
 *   maxInFlight: 12,
 * });
 * for await (const lease of source.leases()) await source.settle(lease, 'published');
 * await source.close();
 */
export async function createRedisBatchSource<const Outcome extends string = FrameOutcome>(
  options: RedisBatchSourceOptions<Outcome>,
): Promise<RedisBatchSource<Outcome>> {
  const settings = parseSourceOptions(options);
  // Without outcomes in the options, `Outcome` is its default.
  const outcomes = options.outcomes ?? (frameOutcomes as readonly string[] as readonly Outcome[]);
  const client = new RedisClient(settings, rightsProbes(settings));
  await client.connect();
  return new ConnectedSource(settings, client, outcomes);
}
