import { type LocalRedis, startRedis, startSentinel } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import {
  effortOver,
  publishesMore,
  saysRedisIsAway,
  settleUp,
  startFileWorker,
  startPacedLoad,
} from '../redis-scenario.ts';
import { inFlight, isFullRun, report, variants } from '../scenario.ts';
import { countPending } from '../test-stack.ts';
import { demoModels, waitFor } from '../worker-process.ts';

const master = 'frames-master';

/** How the master is lost. */
const losses: readonly (readonly [string, (server: LocalRedis, sentinel: Redis) => Promise<unknown>])[] = [
  ['stopped: its connections stay open', async (server) => server.pause()],
  ['killed', (server) => server.kill()],
  ['demoted by SENTINEL FAILOVER', (_, sentinel) => sentinel.call('SENTINEL', 'FAILOVER', master)],
];

it.each(variants(losses))(
  'a worker follows the Sentinels to the new master when the old one is %s',
  async (loss, lose) => {
    await using stack = new AsyncDisposableStack();
    const first = await startRedis({ settings: { 'repl-diskless-sync-delay': '0' } });
    stack.defer(() => first.close());
    const second = await startRedis({ settings: { replicaof: `127.0.0.1 ${first.port}` } });
    stack.defer(() => second.close());
    const watcher = await startSentinel({ master: first, name: master });
    stack.defer(() => watcher.close());
    const sentinel = new Redis(`redis://127.0.0.1:${watcher.port}`);
    stack.defer(() => sentinel.disconnect());
    const addresses = [{ host: '127.0.0.1', port: watcher.port }];
    const redis = new Redis({
      sentinels: addresses,
      name: master,
      // As the ingestor has it: a write to a server that is silent is not waited for.
      commandTimeout: 1000,
      autoResendUnfulfilledCommands: false,
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    redis.on('error', () => undefined); // the master is lost on purpose
    stack.defer(() => redis.disconnect());
    await waitFor('the Sentinel to know a replica in step', async () => {
      const replicas = JSON.stringify(await sentinel.call('SENTINEL', 'REPLICAS', master));
      return replicas.includes('"master-link-status","ok"') ? true : undefined;
    });

    const load = stack.use(startPacedLoad(redis));
    const worker = stack.use(
      await startFileWorker({
        ...demoModels(),
        REDIS_SENTINELS: `127.0.0.1:1,127.0.0.1:${watcher.port}`, // the first is down
        REDIS_SENTINEL_MASTER: master,
      }),
    );
    await worker.process.ready();
    await publishesMore(worker, 8);
    const lostAt = performance.now();
    const publishedBefore = (await worker.published()).length;
    await lose(first, sentinel);
    await waitFor('the Sentinel to name the other', async () => {
      const address = await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master);
      return JSON.stringify(address).includes(`"${second.port}"`) ? true : undefined;
    });
    const failedOver = performance.now() - lostAt;
    const ackedInVain = (await worker.published()).length - publishedBefore;
    if (redis.status === 'ready') redis.disconnect(true); // the ingestor hears of it too
    await publishesMore(worker, 16);
    const goesOn = performance.now() - lostAt;
    await worker.process.ready();
    await load.stop();
    const { entries, duplicates } = await settleUp(worker, { redis, pending: () => countPending(redis) });
    expect(await redis.info('replication')).toContain('role:master');
    expect(worker.process.log(), 'libraries print nothing by themselves').not.toContain('[ioredis]');
    report(
      `Redis failover, the master is ${loss}`,
      `a replica and a Sentinel; new master after ${(failedOver / 1000).toFixed(1)} s, under load`,
      `${entries} of ${entries} frames at the new master published, ${duplicates} duplicates, 0 pending; ` +
        `16 events later after ${(goesOn / 1000).toFixed(1)} s`,
      { frames: entries, duplicates, recoveredMs: goesOn },
    );
    // What it held, and what it acked at the old master after that was lost.
    expect(duplicates).toBeLessThanOrEqual(inFlight + ackedInVain);
    expect(await worker.process.stop('SIGTERM')).toBe(0);
  },
);

const outages: readonly (readonly [string, boolean])[] = [
  ['the master is down, and so are the Sentinels', true],
  ['the master is down, and the Sentinels are not', false],
];

it.each(variants(outages))(
  'while %s the log says so, and once a minute at most',
  async (outage, withSentinels) => {
    await using stack = new AsyncDisposableStack();
    const server = await startRedis({ durable: true });
    stack.defer(() => server.close());
    const watchers = await Promise.all([1, 2].map(() => startSentinel({ master: server, name: master })));
    for (const watcher of watchers) stack.defer(() => watcher.close());
    const redis = new Redis(server.url);
    redis.on('error', () => undefined); // it is killed on purpose
    stack.defer(() => redis.disconnect());
    const worker = stack.use(
      await startFileWorker({
        ...demoModels(),
        REDIS_SENTINELS: watchers.map(({ port }) => `127.0.0.1:${port}`).join(','),
        REDIS_SENTINEL_MASTER: master,
      }),
    );
    await worker.process.ready();
    const away = [server, ...(withSentinels ? watchers : [])];
    for (const one of away) await one.kill();
    await saysRedisIsAway(worker.process);
    const seconds = isFullRun ? 55 : 15;
    const before = worker.process.log().split('\n').length;
    const { cpuSeconds } = await effortOver(worker, seconds * 1000);
    const lines = worker.process.log().split('\n');
    expect(worker.process.log()).toContain('Redis cannot be reached; trying again');
    expect(lines.length - before, lines.slice(before).join('\n')).toBeLessThanOrEqual(4);
    for (const one of away) await one.restart();
    const load = stack.use(startPacedLoad(redis));
    await publishesMore(worker, 8);
    await load.stop();
    report(
      outage,
      `a master and two Sentinels, ${seconds} s`,
      `${lines.length - before} log lines and ${cpuSeconds.toFixed(2)} s CPU meanwhile; read again afterwards`,
    );
    expect(await worker.process.stop('SIGTERM')).toBe(0);
  },
);
