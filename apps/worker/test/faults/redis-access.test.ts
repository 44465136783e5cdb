import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createCertificates } from '@trinetra/local-servers';
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
import { isFullRun, report } from '../scenario.ts';
import { addSceneFrames } from '../scene-frames.ts';
import { consumerGroup, countPending, type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

const sourceReadme = new URL('../../../../packages/redis-batch-source/README.md', import.meta.url);

/** Makes the user of the ACL line in the README, less some of its rights, and gives the worker's settings. */
async function leastUser(testStack: RedisTestStack, ...without: string[]): Promise<Record<string, string>> {
  const line = /^ACL SETUSER trinetra-worker (.*)$/m.exec(await readFile(sourceReadme, 'utf8'))?.[1];
  if (line === undefined) throw new Error('expected an ACL line in the README of redis-batch-source');
  const rules = line.split(' ').filter((rule) => !without.includes(rule));
  await testStack.redis.acl(
    'SETUSER',
    'trinetra-worker',
    ...rules.map((rule) => (rule === '>PASSWORD' ? '>s3cret' : rule)),
  );
  return { ...testStack.env, REDIS_USERNAME: 'trinetra-worker', REDIS_PASSWORD: 's3cret' };
}

it('a user with the least rights can do all that the worker does', async () => {
  await using testStack = await startRedisTestStack();
  const env = await leastUser(testStack);
  // Left by a worker that is gone: one frame to take over, one that was delivered too often, one that is trimmed.
  const [, tooOften = '', trimmed = ''] = await addSceneFrames(testStack.redis, 3, 'left');
  await testStack.redis.xgroup('CREATE', 'frames:left', consumerGroup, '0');
  await testStack.redis.xreadgroup('GROUP', consumerGroup, 'gone', 'STREAMS', 'frames:left', '>');
  await testStack.redis.xclaim('frames:left', consumerGroup, 'gone', 0, tooOften, 'RETRYCOUNT', 9);
  await testStack.redis.xdel('frames:left', trimmed);

  await using worker = await startFileWorker({ ...env, CLAIM_IDLE_MS: '300', STREAM_DELETE_ACKED: 'auto' });
  await worker.process.ready();
  await using load = startPacedLoad(testStack.redis); // streams that are new to a running worker
  await publishesMore(worker, 20);
  const outcomes = async (): Promise<Map<string, number>> =>
    worker.process.metric('trinetra_worker_frames_total');
  await waitFor('what was left to have its outcome', async () => {
    const counted = await outcomes();
    const ended = ['published', 'dead_lettered', 'trimmed'].map((outcome) =>
      counted.get(`{camera_id="left",outcome="${outcome}"}`),
    );
    return ended.every((count) => count === 1) ? true : undefined;
  });
  expect(await testStack.redis.xlen('frames-dead:left')).toBe(1);
  await waitFor('what ended to be deleted: in a new Redis two seconds later', async () =>
    (await testStack.redis.xlen('frames:left')) === 0 ? true : undefined,
  );
  await load.stop();
  await settleUp(worker, testStack);
  await waitFor('what was acked to be deleted', async () =>
    (await testStack.redis.xlen('frames:cam_0')) === 0 ? true : undefined,
  );
  expect(await worker.process.stop('SIGTERM')).toBe(0);
  expect(
    JSON.stringify(await testStack.redis.xinfo('CONSUMERS', 'frames:cam_0', consumerGroup)),
  ).not.toContain('reader');
  expect(await testStack.redis.acl('LOG'), 'nothing was refused on the way').toEqual([]);
  report(
    'Redis user with the least rights',
    "the README's ACL line; take-over, dead letter, trimmed entry, heartbeats, discovery, deletion and leaving under load",
    'all done, 0 refusals in the ACL log of Redis',
  );
});

it('a right that is missing ends the worker with the name of the command', async () => {
  await using testStack = await startRedisTestStack();
  const env = await leastUser(testStack, '+xclaim', '~frames-dead:*');
  await using worker = await startFileWorker(env);
  const [code] = await once(worker.process.child, 'exit');
  expect(code).toBe(1);
  expect(worker.process.log()).toContain('give the user +xclaim ~frames-dead:*');
  report('Redis user without a right', 'no +xclaim, no ~frames-dead:*', 'exit code 1, both named in the log');
});

it('a wrong password ends the worker at start, and is waited out later', async () => {
  await using testStack = await startRedisTestStack();
  const env = await leastUser(testStack);
  await using refused = await startFileWorker({ ...env, REDIS_PASSWORD: 'hunter2' });
  const [code] = await once(refused.process.child, 'exit');
  expect(code).toBe(1);
  expect(refused.process.log()).toContain('Redis refused the connection: WRONGPASS');
  expect(refused.process.log()).not.toContain('hunter2');

  await using load = startPacedLoad(testStack.redis);
  await using worker = await startFileWorker(env);
  await worker.process.ready();
  await publishesMore(worker, 4);
  await testStack.redis.acl('SETUSER', 'trinetra-worker', 'resetpass', '>another');
  await testStack.redis.client('KILL', 'USER', 'trinetra-worker');
  await saysRedisIsAway(worker.process);
  await waitFor('the reason in the log', () =>
    worker.process.log().includes('WRONGPASS') ? true : undefined,
  );
  const effort = await effortOver(worker, isFullRun ? 5000 : 1000);
  await testStack.redis.acl('SETUSER', 'trinetra-worker', '>s3cret');
  await publishesMore(worker, 8);
  await load.stop();
  const { entries } = await settleUp(worker, testStack);
  expect(worker.process.log()).not.toContain('s3cret');
  expect(effort.logLines).toBeLessThan(5);
  report(
    'Redis password refused',
    'a wrong one at start; another set while the worker runs, and set back',
    `exit code 1 with WRONGPASS at start, no password in the log; later waited out, ${entries} of ${entries} frames published`,
    { frames: entries },
  );
});

it('TLS with an authority of our own works; with another one it is refused, and tried again', async () => {
  await using ours = await createCertificates();
  await using theirs = await createCertificates();
  await using testStack = await startRedisTestStack({ tls: theirs });
  await using worker = await startFileWorker({ ...testStack.env, REDIS_CA_FILE: ours.caFile });
  await saysRedisIsAway(worker.process);
  await waitFor('the reason in the log', () =>
    worker.process.log().includes('the certificate of Redis is not trusted') ? true : undefined,
  );
  const effort = await effortOver(worker, isFullRun ? 5000 : 1000);
  expect(worker.process.child.exitCode).toBeNull();
  expect(effort.logLines).toBeLessThan(5);
  // The right certificate: the worker finds it by itself.
  await copyFile(ours.certFile, theirs.certFile);
  await copyFile(ours.keyFile, theirs.keyFile);
  await copyFile(ours.caFile, theirs.caFile);
  await testStack.server.restart();
  await worker.process.ready();
  await using redis = new AsyncDisposableStack();
  const client = new Redis(testStack.server.url, { tls: { ca: await readFile(ours.caFile) } });
  redis.defer(() => client.disconnect());
  await using load = startPacedLoad(client);
  await publishesMore(worker, 8);
  await load.stop();
  const { entries } = await settleUp(worker, { redis: client, pending: () => countPending(client) });
  report(
    'Redis with TLS',
    'a certificate of another authority, then one of ours',
    `refused and tried again (${effort.cpuSeconds.toFixed(2)} s CPU, ${effort.logLines} log lines meanwhile), then ${entries} of ${entries} frames published`,
    { frames: entries },
  );
});

it('a port that takes connections and ends them is not asked in a busy loop', async () => {
  await using testStack = await startRedisTestStack();
  let connections = 0;
  const port = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(port, 'listening');
  const address = port.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  await using worker = await startFileWorker({
    ...testStack.env,
    REDIS_URL: `redis://127.0.0.1:${address.port}`,
  });
  await saysRedisIsAway(worker.process);
  const before = connections;
  const seconds = isFullRun ? 10 : 3;
  const effort = await effortOver(worker, seconds * 1000);
  const tries = connections - before;
  port.close();
  report(
    'a port that ends every connection',
    `in place of Redis, ${seconds} s`,
    `${tries} connections, ${effort.cpuSeconds.toFixed(2)} s CPU, ${effort.logLines} log lines`,
  );
  expect(tries).toBeGreaterThan(0);
  expect(tries).toBeLessThanOrEqual(5 + seconds);
  expect(effort.cpuSeconds).toBeLessThan(0.5 + seconds / 4);
  expect(effort.logLines).toBeLessThan(10); // the models are loaded meanwhile
});
