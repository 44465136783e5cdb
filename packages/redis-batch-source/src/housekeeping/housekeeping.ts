import { pause } from '@trinetra/contracts';
import { chunksOf, streamsPerCall } from '../chunks.ts';
import { describeError, isAccessError } from '../connection/redis-errors.ts';
import { ServerCheck } from '../connection/server-check.ts';
import { RedisBatchSourceError } from '../errors.ts';
import type { LeaseReader } from '../reading/lease-reader.ts';
import { removeConsumers } from '../scripts/remove-consumers.ts';
import type { SourceContext } from '../source-context.ts';
import { Discovery } from './discovery.ts';
import { measureStreams } from './measure-streams.ts';
import { MemoryWatch } from './memory-watch.ts';

/** Each call of housekeeping takes milliseconds; where one takes so long and nothing comes in, Redis does not answer. */
const slowAnswerMs = 2000;
/** A consumer that holds nothing and was silent for so many times `claimIdleMs` is taken for dead. */
const deadAfterClaimIdles = 10;

type Part = 'look' | 'discover';

/** What goes on beside the reading: the name is kept, new streams are found, lag is measured, leases are kept alive. */
export class Housekeeping {
  readonly #context: SourceContext;
  readonly #reader: LeaseReader;
  readonly #server: ServerCheck;
  readonly #memory: MemoryWatch;
  readonly #discovery: Discovery;
  /** What does not go well. */
  readonly #unwell = new Set<Part>(['look']);
  readonly #reported = new Map<Part, string>();

  constructor(context: SourceContext, reader: LeaseReader) {
    this.#context = context;
    this.#reader = reader;
    this.#discovery = new Discovery(context, reader, () => this.#unwell.delete('discover'));
    this.#server = new ServerCheck(context);
    this.#memory = new MemoryWatch(context.client, context.settings);
  }

  /** Resolves once `signal` aborts and nothing is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, settings, schedule, registry } = this.#context;
    client.onReady(() => {
      this.#server.isNew();
      // An answer may have been lost with the connection: what it leased is pending under our name.
      this.#reader.recover('own', schedule.keys());
    });
    const repeat = async (part: Part, everyMs: number, step: () => Promise<void>): Promise<void> => {
      while (!signal.aborted) {
        await this.#guard(part, step);
        await pause(everyMs, signal);
      }
    };
    const { discoveryIntervalMs } = settings;
    const beatMs = Math.ceil(settings.claimIdleMs / 3);
    await Promise.all([
      registry.keep(signal, () => this.#reader.roomIsFree()),
      repeat('discover', discoveryIntervalMs, () => this.#discover(signal)),
      repeat('look', discoveryIntervalMs, () => this.#look()),
      pause(beatMs, signal).then(() => repeat('look', beatMs, () => this.#beat())),
    ]);
  }

  /** Whether Redis answers: connected, the last rounds and reads went well, and bytes come in where one is late. */
  isHealthy(): boolean {
    const { client } = this.#context;
    const answers = client.isReady && client.silentMs < slowAnswerMs;
    return answers && this.#unwell.size === 0 && !this.#reader.keepsFailing;
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
      if (error instanceof RedisBatchSourceError || isAccessError(error)) this.#reader.fail(error);
    }
  }

  async #discover(signal: AbortSignal): Promise<void> {
    await this.#server.check();
    await this.#discovery.round(signal);
  }

  async #look(): Promise<void> {
    await this.#server.check();
    this.#discovery.workers = await measureStreams(this.#context, this.#context.schedule.keys());
    await this.#memory.look();
    await this.#context.acks.deleteEarly();
  }

  /** Keeps what is in work from looking abandoned, and looks for what others abandoned. */
  async #beat(): Promise<void> {
    const { held, schedule } = this.#context;
    await held.keepAlive();
    this.#reader.recover('all', schedule.keys());
    await this.#removeDeadConsumers();
  }

  /** Takes consumers out of the group that have long been gone. */
  async #removeDeadConsumers(): Promise<void> {
    const { client, settings, schedule } = this.#context;
    const silent = { group: settings.consumerGroup, silentMs: settings.claimIdleMs * deadAfterClaimIdles };
    const dead = new Set<string>();
    for (const keys of chunksOf(schedule.keys(), streamsPerCall)) {
      for (const name of await removeConsumers(client, keys, silent)) dead.add(name);
    }
    if (dead.size > 0)
      settings.logger.debug(
        { consumers: [...dead] },
        'consumers that were silent and held nothing are removed',
      );
  }
}
