import { chunksOf, streamsPerCall } from '../chunks.ts';
import { describeError, isAccessError } from '../connection/redis-errors.ts';
import { ServerCheck } from '../connection/server-check.ts';
import { RedisBatchSourceError } from '../errors.ts';
import type { LeaseReader } from '../reading/lease-reader.ts';
import { removeSilentConsumers } from '../scripts/remove-silent-consumers.ts';
import type { AckQueue } from '../settling/ack-queue.ts';
import type { HeldLeases } from '../settling/held-leases.ts';
import type { SourceContext } from '../source-context.ts';
import { Discovery } from './discovery.ts';
import { measureStreams } from './measure-streams.ts';
import { MemoryWatch } from './memory-watch.ts';
import { repeat } from './repeat.ts';

/** Each call of housekeeping takes milliseconds; where one takes so long and nothing comes in, Redis does not answer. */
const slowAnswerMs = 2000;
/** A consumer that holds nothing and was silent for so many times `claimIdleMs` is taken for dead. */
const deadAfterClaimIdles = 10;

type Part = 'look' | 'discover';

/** What housekeeping works for. */
export interface HousekeepingParts {
  readonly reader: LeaseReader;
  readonly acks: AckQueue;
  readonly held: HeldLeases;
}

/** What goes on beside the reading: the name is kept, new streams are found, lag is measured, leases are kept alive. */
export class Housekeeping {
  readonly #context: SourceContext;
  readonly #parts: HousekeepingParts;
  readonly #server: ServerCheck;
  readonly #memory: MemoryWatch;
  /** Consumers that the group has, as far as the last looks showed; at least 1. */
  #workers = 1;
  /** What does not go well. */
  readonly #unwell = new Set<Part>(['look']);
  readonly #reported = new Map<Part, string>();

  constructor(context: SourceContext, parts: HousekeepingParts) {
    this.#context = context;
    this.#parts = parts;
    this.#server = new ServerCheck(context);
    this.#memory = new MemoryWatch(context.client, context.settings);
  }

  /** Resolves once `signal` aborts and nothing is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, settings, schedule, registry } = this.#context;
    const { reader } = this.#parts;
    client.onReady(() => {
      this.#server.isNew();
      // An answer may have been lost with the connection: what it leased is pending under our name.
      reader.recoverOwn(schedule.keys());
    });
    const discovery = new Discovery(this.#context, {
      signal,
      workers: () => this.#workers,
      onProgress: () => this.#unwell.delete('discover'),
      onFresh: (streams) => {
        reader.recoverOwn(streams);
        reader.recoverIdle(streams);
      },
    });
    const everyMs = settings.discoveryIntervalMs;
    const beatMs = Math.ceil(settings.claimIdleMs / 3);
    await Promise.all([
      registry.keep(signal, () => reader.roomIsFree()),
      repeat(() => this.#guard('discover', () => this.#discover(discovery)), { everyMs, signal }),
      repeat(() => this.#guard('look', () => this.#look()), { everyMs, signal }),
      repeat(() => this.#guard('look', () => this.#beat()), { everyMs: beatMs, signal, first: 'later' }),
    ]);
  }

  /** Whether Redis answers: connected, the last rounds went well, and bytes come in where one is late. */
  isHealthy(): boolean {
    const { client, answers } = this.#context;
    // While a large reply is on its way, an answer that waits behind it is late but not missing.
    const silentMs = Math.min(answers.longestMs(), performance.now() - client.heardAt);
    return client.isReady && this.#unwell.size === 0 && silentMs < slowAnswerMs;
  }

  async #guard(part: Part, step: () => Promise<void>): Promise<void> {
    const { client, settings } = this.#context;
    if (!client.isReady) {
      this.#unwell.add('look');
      return;
    }
    try {
      await step();
      this.#unwell.delete(part);
      this.#reported.delete(part);
    } catch (error) {
      this.#unwell.add(part);
      const text = describeError(error);
      if (![...this.#reported.values()].includes(text))
        settings.logger.warn({ error: text }, 'housekeeping in Redis failed; trying again');
      this.#reported.set(part, text);
      if (error instanceof RedisBatchSourceError || isAccessError(error)) this.#parts.reader.fail(error);
    }
  }

  async #discover(discovery: Discovery): Promise<void> {
    await this.#server.check();
    await discovery.round();
  }

  async #look(): Promise<void> {
    await this.#server.check();
    this.#workers = await measureStreams(this.#context, this.#context.schedule.keys());
    await this.#memory.look();
    await this.#parts.acks.deleteEarly();
  }

  /** Keeps what is in work from looking abandoned, and looks for what others abandoned. */
  async #beat(): Promise<void> {
    const { held, reader } = this.#parts;
    await held.keepAlive();
    reader.recoverIdle(this.#context.schedule.keys());
    await this.#removeDeadConsumers();
  }

  /** Takes consumers out of the group that have long been gone. */
  async #removeDeadConsumers(): Promise<void> {
    const { client, settings, schedule } = this.#context;
    const silent = { group: settings.consumerGroup, silentMs: settings.claimIdleMs * deadAfterClaimIdles };
    const dead = new Set<string>();
    for (const keys of chunksOf(schedule.keys(), streamsPerCall)) {
      for (const name of await removeSilentConsumers(client, keys, silent)) dead.add(name);
    }
    if (dead.size > 0)
      settings.logger.debug(
        { consumers: [...dead] },
        'consumers that were silent and held nothing are removed',
      );
  }
}
