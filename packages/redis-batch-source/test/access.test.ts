import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Logger } from '@trinetra/contracts';
import { expect, it, vi } from 'vitest';
import { createDeadLetterStore, createRedisBatchSource } from '../src/index.ts';
import { Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const aclLine = /^ACL SETUSER trinetra-worker (.*)$/m.exec(readme)?.[1]?.split(' ') ?? [];

async function userWith(
  rules: readonly string[],
): Promise<{ url: string; username: string; password: string }> {
  await redis().acl('DELUSER', 'trinetra-worker');
  const named = rules.map((rule) => (rule === '>PASSWORD' ? '>secret' : rule));
  await redis().acl('SETUSER', 'trinetra-worker', ...named);
  return { url: server().url, username: 'trinetra-worker', password: 'secret' };
}

it('needs no more than the ACL line of the README', async () => {
  await add('cam', 3);
  const reading = await source({ redis: await userWith(aclLine), maxInFlight: 4 });
  for (const lease of await new Puller(reading).some(3)) await reading.settle(lease, 'published');
  await reading.close();
  expect(await redis().acl('LOG')).toEqual([]);
});

/** Without these it works, with a warning. */
const forRegistry = ['~trinetra:workers', '+hgetall', '+hset', '+hdel'];
const needed = aclLine.filter(
  (rule) => /^[+~]/.test(rule) && rule !== '+client|setname' && !forRegistry.includes(rule),
);

it.each(needed)('says at once that %s is missing', async (right) => {
  // INFO is asked by ioredis too, which writes a warning of its own.
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const rules = aclLine.filter((rule) => rule !== right);
  const reading = await source({ redis: await userWith(rules) });
  const error = await new Puller(reading).one().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'access_denied' });
  expect(String(error)).toContain(right.replace(/^\+/, ''));
  warn.mockRestore();
});

it.each(['frames:cam', 'frames:ca?'])(
  'takes nothing from a stream to see what it may do: %s',
  async (streamPattern) => {
    await redis().xadd('frames:cam', '0-1', 'frame', 'a'); // an id such as counters give
    await redis().xadd('frames:ca_', '0-1', 'frame', 'a');
    const reading = await source({ streamPattern });
    const puller = new Puller(reading);
    const count = streamPattern.endsWith('?') ? 2 : 1;
    const startedAt = performance.now();
    for (const lease of await puller.some(count)) await reading.settle(lease, 'published');
    expect(performance.now() - startedAt).toBeLessThan(20_000); // not after CLAIM_IDLE_MS
    const clients = String(await redis().client('LIST'));
    await redis().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'); // it asks again at each connect
    await vi.waitFor(async () => expect(String(await redis().client('LIST'))).not.toBe(clients), 10_000);
    await redis().xadd('frames:cam', '0-2', 'frame', 'b');
    expect((await puller.one()).entryId).toBe('0-2');
    const groups = await redis().xinfo('GROUPS', 'frames:cam');
    expect(groups).toHaveLength(1);
    expect(JSON.stringify(groups)).toContain('"consumers",1,"pending",1,"last-delivered-id","0-2"');
    expect(await redis().xlen('frames:cam')).toBe(1);
  },
);

it('a dead-letter store writes nothing into a stream to see what it may do', async () => {
  await redis().xadd('frames:cam', '*', 'frame', 'a');
  await redis().xadd('frames-dead:trinetra-rights-probe', '*', 'frame', 'a');
  const store = await createDeadLetterStore({ redis: { url: server().url }, streamPattern: 'frames:cam' });
  await store.close();
  expect(await redis().xlen('frames:cam')).toBe(1);
  expect(await redis().xlen('frames-dead:trinetra-rights-probe')).toBe(1);
});

it('reads and deletes as before with an ACL line from before the registry, and warns once, with what to give', async () => {
  await add('cam', 3);
  const warnings: string[] = [];
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn, error: () => undefined };
  const user = await userWith(aclLine.filter((rule) => !forRegistry.includes(rule)));
  const reading = await source({ redis: user, logger });
  const puller = new Puller(reading);
  for (const lease of await puller.some(3)) await reading.settle(lease, 'published');
  await redis().call('CLIENT', 'KILL', 'USER', 'trinetra-worker'); // it asks again at each connect
  await add('cam', 1);
  await reading.settle(await puller.one(), 'published');
  expect(await redis().xlen('frames:cam')).toBe(0);
  expect(warnings.filter((text) => text.includes('give the user'))).toEqual([
    expect.stringContaining('~trinetra:workers +hgetall +hset +hdel'),
  ]);
});

it('names every right that is missing together, also one that is taken away later', async () => {
  await add('cam', 1);
  const reading = await source({ redis: await userWith(aclLine), discoveryIntervalMs: 20 });
  const puller = new Puller(reading);
  await puller.one();
  const next = puller.one();
  await redis().acl('SETUSER', 'trinetra-worker', '-xreadgroup', '-xack', '-xlen');
  await expect(next).rejects.toThrow(/\+xlen \+xreadgroup \+xack/);
});

it('refuses a wrong password in one sentence that does not repeat it', async () => {
  const redisOptions = { ...(await userWith(aclLine)), password: 'hunter2' };
  const refused = createRedisBatchSource({ redis: redisOptions, consumerName: 'w', maxInFlight: 1 });
  const error = await refused.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'access_denied' });
  expect(String(error)).toMatch(/refused the connection: WRONGPASS/);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
  expect(JSON.stringify((error as Error).cause)).not.toContain('hunter2');
});

it('takes the password beside the address for the user in it', async () => {
  const { url, username, password } = await userWith(aclLine);
  await add('cam', 1);
  const reading = await source({ redis: { url: url.replace('//', `//${username}@`), password } });
  expect((await new Puller(reading).one()).streamKey).toBe('frames:cam');
});

it('slows down at a server that hangs up on it', async () => {
  const at: number[] = [];
  const sockets = new Set<Socket>();
  const hangUp = createServer((socket) => {
    at.push(performance.now());
    sockets.add(socket);
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(hangUp.listening).toBe(true), 10_000);
  const address = hangUp.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const warnings: unknown[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => warnings.push(fields),
    error: () => undefined,
  };
  const reading = await source({ redis: { url: `redis://127.0.0.1:${port}` }, logger });
  await vi.waitFor(() => expect(at.length).toBeGreaterThanOrEqual(7), { timeout: 10_000 });
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(gaps[5]).toBeGreaterThan(750);
  expect(gaps[5]).toBeGreaterThan((gaps[0] ?? 0) * 4);
  expect(warnings.length).toBeLessThanOrEqual(2);
  expect(reading.isHealthy()).toBe(false);
  hangUp.close();
});
