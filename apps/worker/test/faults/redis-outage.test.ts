import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  effortOver,
  type FileWorker,
  publishesMore,
  saysRedisIsAway,
  settleUp,
  startFileWorker,
  startPacedLoad,
} from '../redis-scenario.ts';
import { inFlight, isFullRun, report } from '../scenario.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';

const downSeconds = isFullRun ? [3, 10] : [1];
const pauseSeconds = isFullRun ? 10 : 3;

describe('a worker that outlives the faults of its Redis', () => {
  let testStack: RedisTestStack;
  let worker: FileWorker;
  beforeAll(async () => {
    testStack = await startRedisTestStack();
    worker = await startFileWorker(testStack.env);
    await worker.process.ready();
  });
  beforeEach(() => testStack.redis.flushall());
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await testStack[Symbol.asyncDispose]();
  });

  it.each(downSeconds)(
    'goes on with what comes where Redis is killed and started again without its data, after %d s',
    async (seconds) => {
      const before = (await worker.published()).length;
      await using load = startPacedLoad(testStack.redis);
      await publishesMore(worker, 8);
      await testStack.server.kill();
      const effort = await effortOver(worker, seconds * 1000);
      await saysRedisIsAway(worker.process);
      await testStack.server.restart();
      await publishesMore(worker, 20);
      await worker.process.ready();
      await load.stop();
      const { entries, events, duplicates } = await settleUp(worker, testStack);
      report(
        'Redis killed, started again without its data',
        `SIGKILL under load, ${seconds} s down`,
        `${entries} of ${entries} frames of the new life published (${events - before} events in all, ${duplicates} duplicates), 0 pending; ` +
          `${effort.cpuSeconds.toFixed(2)} s CPU and ${effort.logLines} log lines while it was down`,
        { frames: entries, duplicates },
      );
      expect(duplicates).toBe(0);
      expect(effort.logLines).toBeLessThan(10);
      expect(effort.cpuSeconds).toBeLessThan(0.5 + seconds / 4);
    },
  );

  it('makes its groups again after FLUSHALL under load', async () => {
    await using load = startPacedLoad(testStack.redis);
    const before = (await worker.published()).length;
    const rounds = isFullRun ? 5 : 2;
    for (let round = 0; round < rounds; round += 1) {
      await publishesMore(worker, 8);
      await testStack.redis.flushall();
    }
    await publishesMore(worker, 20);
    await load.stop();
    const { entries, events, duplicates } = await settleUp(worker, testStack);
    report(
      'FLUSHALL under load',
      `${rounds} times, with frames in flight`,
      `${entries} of ${entries} frames written afterwards published (${events - before} events in all, ${duplicates} duplicates), 0 pending`,
      { frames: entries, duplicates },
    );
    expect(duplicates).toBe(0);
  });

  it('makes the group of one stream again that was deleted, and the other streams do not notice', async () => {
    await using load = startPacedLoad(testStack.redis);
    await publishesMore(worker, 8);
    await testStack.redis.del('frames:cam_0');
    await publishesMore(worker, 8);
    await testStack.redis.unlink('frames:cam_1');
    await publishesMore(worker, 8);
    await load.stop();
    const { entries, duplicates } = await settleUp(worker, testStack);
    const published = new Set(await worker.published());
    const others = [...load.written].filter((name) => /cam_[23] /.test(name));
    report(
      'streams deleted under load',
      'DEL of one stream, UNLINK of another, of 4',
      `${entries} of ${entries} frames that were left published, ${others.length} of ${others.length} of the other cameras, ${duplicates} duplicates`,
      { frames: entries, duplicates },
    );
    expect(others.filter((name) => !published.has(name))).toEqual([]);
    expect(duplicates).toBe(0);
  });

  // Last: what it held may be published twice.
  it(`a Redis that stands still for ${pauseSeconds} s costs nothing`, async () => {
    await using load = startPacedLoad(testStack.redis);
    await publishesMore(worker, 8);
    testStack.server.pause();
    const effort = await effortOver(worker, pauseSeconds * 1000);
    await saysRedisIsAway(worker.process);
    testStack.server.resume();
    await publishesMore(worker, 20);
    await worker.process.ready();
    await load.stop();
    const { entries, duplicates } = await settleUp(worker, testStack);
    const published = new Set(await worker.published());
    report(
      'Redis stands still',
      `SIGSTOP for ${pauseSeconds} s under load`,
      `${entries} of ${entries} frames published, ${duplicates} duplicates, 0 pending; ` +
        `${effort.cpuSeconds.toFixed(2)} s CPU and ${effort.logLines} log lines meanwhile`,
      { frames: entries, duplicates },
    );
    expect([...load.written].filter((name) => !published.has(name))).toEqual([]);
    expect(duplicates).toBeLessThanOrEqual(inFlight);
    expect(effort.logLines).toBeLessThan(10);
    expect(effort.cpuSeconds).toBeLessThan(0.5 + pauseSeconds / 4);
    expect(await worker.process.stop('SIGTERM')).toBe(0);
  });
});

it.each(downSeconds)(
  'a worker whose Redis is killed and started again with its data loses nothing, after %d s',
  async (seconds) => {
    await using testStack = await startRedisTestStack({ durable: true });
    await using load = startPacedLoad(testStack.redis);
    await using worker = await startFileWorker(testStack.env);
    await worker.process.ready();
    await publishesMore(worker, 8);
    await testStack.server.kill();
    await saysRedisIsAway(worker.process);
    const effort = await effortOver(worker, seconds * 1000);
    await testStack.server.restart();
    await publishesMore(worker, 20);
    await load.stop();
    const { entries, duplicates } = await settleUp(worker, testStack);
    const published = new Set(await worker.published());
    report(
      'Redis killed, started again with its data',
      `SIGKILL under load, ${seconds} s down, appendfsync always`,
      `${entries} of ${entries} frames published, ${duplicates} duplicates, 0 pending; ` +
        `${effort.cpuSeconds.toFixed(2)} s CPU and ${effort.logLines} log lines while it was down`,
      { frames: entries, duplicates },
    );
    expect([...load.written].filter((name) => !published.has(name))).toEqual([]);
    expect(duplicates, 'only what it held').toBeLessThanOrEqual(inFlight);
    expect(effort.logLines).toBeLessThan(10);
    expect(effort.cpuSeconds).toBeLessThan(0.5 + seconds / 4);
    expect(await worker.process.stop('SIGTERM')).toBe(0);
  },
);

it('a worker warns of an eviction policy, once, and goes on when a stream is evicted', async () => {
  await using testStack = await startRedisTestStack({
    settings: { maxmemory: '6mb', 'maxmemory-policy': 'allkeys-lru' },
  });
  await using load = startPacedLoad(testStack.redis);
  await using worker = await startFileWorker(testStack.env);
  await worker.process.ready();
  // Memory that others take, in one key: what Redis drops for it are streams.
  let streams = 0;
  let ballasts = 0;
  while (streams < 2) {
    if ((await testStack.redis.append('ballast', Buffer.alloc(100_000))) === 100_000) ballasts += 1;
    const evicted = Number(/evicted_keys:(\d+)/.exec(await testStack.redis.info('stats'))?.[1]);
    streams = evicted - ballasts + 1; // every ballast but the last was evicted
    await delay(20);
  }
  await testStack.redis.config('SET', 'maxmemory', '0');
  await testStack.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'); // it comes back, and does not warn again
  await publishesMore(worker, 20);
  await load.stop();
  const { entries, duplicates } = await settleUp(worker, testStack);
  report(
    'streams evicted by allkeys-lru',
    `maxmemory 6 MB, ${streams} streams evicted under load`,
    `${entries} of ${entries} frames that were left published, ${duplicates} duplicates, one warning`,
    { frames: entries, duplicates },
  );
  expect(worker.process.log().split('"evictionPolicy":"allkeys-lru"')).toHaveLength(2);
  expect(duplicates, 'only what it held').toBeLessThanOrEqual(inFlight);
});
