import { setTimeout as delay } from 'node:timers/promises';
import { type Backlog, commandCalls, remaining, writeBacklog } from './backlog.ts';
import { type MachineTime, machineTime, type ProcessUsage, shareOf, usageOf } from './process-usage.ts';
import type { Scenario, TestStack } from './test-stack.ts';
import type { Consumer } from './worker.ts';

/** Throughput of a consumer while frames waited. */
interface Throughput {
  readonly framesPerSecond: number;
  /** Of the consumer alone, ms of CPU. */
  readonly cpuMsPerFrame: number;
  readonly redisCpuMsPerFrame: number;
  readonly kafkaCpuMsPerFrame: number;
}

export interface ThroughputOptions<C extends Consumer> {
  readonly testStack: TestStack;
  readonly backlog: Backlog;
  /** Share of the frames before measuring begins, as warm-up. */
  readonly warmUpShare?: number;
  start(scenario: Scenario): Promise<C>;
  /** Called when measuring begins and ends. */
  onWindow?(consumer: C, edge: 'begin' | 'end'): Promise<void>;
}

/** Details between two instants, beyond {@link Throughput}. */
export interface ThroughputWindow extends Throughput {
  readonly seconds: number;
  readonly frames: number;
  /** Idle share of the machine, 0..1. */
  readonly idleShare: number;
  /** Share of the machine that the hypervisor stole, 0..1. */
  readonly stolenShare: number;
  readonly usage: { readonly before: ProcessUsage; readonly after: ProcessUsage };
  /** Calls of each Redis command. */
  readonly redisCalls: ReadonlyMap<string, number>;
  /** In all, at the end. */
  readonly publishedEvents: number;
  readonly topic: string;
}

interface Instant {
  readonly at: number;
  readonly left: number;
  readonly usage: ProcessUsage;
  readonly redis: number;
  readonly kafka: number;
  readonly calls: Map<string, number>;
  readonly machine: MachineTime;
}

/** Measure rarely: measuring uses the same cores. */
const pollMs = 100;
const limitMs = 300_000;

/**
 * Fills Redis, lets a consumer work it off, and measures from the warm-up until a few frames before the end,
 * while frames always wait. The rest in Redis is the measure: frames count once they are acked.
 *
 * @throws {ChildError} if the consumer ends.
 * @throws if frames are left after 5 minutes, or fewer events arrived than there were frames.
 */
export async function measureThroughput<C extends Consumer>(
  options: ThroughputOptions<C>,
): Promise<ThroughputWindow> {
  const { testStack, backlog, warmUpShare = 0.25 } = options;
  const { redis, pids } = testStack;
  const scenario = await testStack.newScenario();
  await writeBacklog(redis, backlog);
  await using consumer = await options.start(scenario);
  const look = async (left: number): Promise<Instant> => ({
    at: performance.now(),
    left,
    usage: usageOf(consumer.pid),
    redis: usageOf(pids.redis).cpuSeconds,
    kafka: usageOf(pids.kafka).cpuSeconds,
    calls: await commandCalls(redis),
    machine: machineTime(),
  });
  const downTo = async (limit: number): Promise<Instant> => {
    const end = performance.now() + limitMs;
    for (;;) {
      const left = await remaining(redis, backlog.cameras);
      if (left <= limit) return look(left);
      consumer.assertRuns();
      if (performance.now() > end) throw new Error(`${left} frames are left after ${limitMs / 1000} s`);
      await delay(pollMs);
    }
  };
  const before = await downTo(Math.ceil(backlog.frames * (1 - warmUpShare)));
  await options.onWindow?.(consumer, 'begin');
  const after = await downTo(Math.max(0, Math.min(Math.ceil(backlog.frames * 0.05) + 12, before.left - 1)));
  await options.onWindow?.(consumer, 'end');
  await downTo(0);
  const publishedEvents = await scenario.published();
  if (publishedEvents < backlog.frames)
    throw new Error(`expected ${backlog.frames} events but ${publishedEvents} arrived`);
  const frames = before.left - after.left;
  const seconds = (after.at - before.at) / 1000;
  const perFrame = (cpuSeconds: number): number => (1000 * cpuSeconds) / frames;
  const calls = [...after.calls].map(
    ([name, count]) => [name, count - (before.calls.get(name) ?? 0)] as const,
  );
  return {
    seconds,
    frames,
    idleShare: shareOf('idle', before.machine, after.machine),
    stolenShare: shareOf('stolen', before.machine, after.machine),
    framesPerSecond: frames / seconds,
    cpuMsPerFrame: perFrame(after.usage.cpuSeconds - before.usage.cpuSeconds),
    redisCpuMsPerFrame: perFrame(after.redis - before.redis),
    kafkaCpuMsPerFrame: perFrame(after.kafka - before.kafka),
    usage: { before: before.usage, after: after.usage },
    redisCalls: new Map(calls),
    publishedEvents,
    topic: scenario.topic,
  };
}
