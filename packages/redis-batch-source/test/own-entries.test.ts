import { silentLogger } from '@trinetra/contracts';
import { runReadmeExample } from '@trinetra/test-support';
import { Redis } from 'ioredis';
import { afterEach, expect, it, vi } from 'vitest';
import { createDeadLetterStore, createRedisBatchSource, RedisBatchSourceError } from '../src/index.ts';
import type { RedisBatchSourceOptions } from '../src/options.ts';
import { countByStream, Puller, useRedis } from './harness.ts';

const { redis, server } = useRedis();
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const source of open.splice(0)) await source.close();
});

/** A source of chunks of audio, as a service with entries of its own would make it. */
async function audioSource(options: Partial<RedisBatchSourceOptions<'transcribed' | 'silent'>> = {}) {
  const source = await createRedisBatchSource({
    redis: { url: server().url },
    streamPattern: 'audio:*',
    deadLetterPrefix: 'audio-dead:',
    consumerGroup: 'transcribers',
    consumerName: 'ears-1',
    maxInFlight: 4,
    discoveryIntervalMs: 50,
    outcomes: ['transcribed', 'silent'],
    ...options,
  });
  open.push(source);
  return source;
}

async function add(microphone: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1)
    await redis().xadd(`audio:${microphone}`, '*', 'pcm', `${at}`, 'rate', '16000');
}

it('is made as the README shows', async () => {
  await add('counter', 2); // it takes one, and may run on two Nodes
  const env = { REDIS_URL: server().url };
  const printed = await runReadmeExample(new URL('../', import.meta.url), { env, example: 2 });
  expect(printed).toMatch(/transcribed: 1,\s+silent: 0,/);
});

const noOwn = { released: 0, trimmed: 0, dead_lettered: 0 };

it('settles entries of any fields with the outcomes of its user, and counts them by stream', async () => {
  await add('counter', 3);
  const source = await audioSource();
  const leases = await new Puller(source).some(3);
  expect(leases.map(({ fields }) => fields.map(String))).toEqual(
    ['0', '1', '2'].map((pcm) => ['pcm', pcm, 'rate', '16000']),
  );
  for (const [at, lease] of leases.entries()) await source.settle(lease, at === 1 ? 'silent' : 'transcribed');
  const stats = source.stats();
  expect([...stats.cameras.keys()]).toEqual(['audio:counter']);
  expect(stats.cameras.get('audio:counter')?.outcomes).toEqual({ ...noOwn, transcribed: 2, silent: 1 });
  expect(await redis().xpending('audio:counter', 'transcribers')).toEqual([0, null, null, null]);
});

it('refuses an outcome that its user did not name, and keeps the lease', async () => {
  await add('counter', 1);
  const source = await audioSource();
  const lease = await new Puller(source).one();
  // @ts-expect-error: an outcome of frames is none of this source
  const refusal: unknown = await source.settle(lease, 'published').catch((error: unknown) => error);
  expect(RedisBatchSourceError.isInstance(refusal) && refusal.code).toBe('unknown_outcome');
  expect(String(refusal)).toContain(
    'settle(): expected one of transcribed, silent, released but received "published"',
  );
  expect(source.stats().inFlight).toBe(1);
  await source.settle(lease, 'silent');
  expect(source.stats().inFlight).toBe(0);
});

it('refuses an unknown outcome for frames, too', async () => {
  await redis().xadd('frames:cam', '*', 'frame', 'x');
  const source = await createRedisBatchSource({ redis: { url: server().url }, maxInFlight: 1 });
  open.push(source);
  const lease = await new Puller(source).one();
  // @ts-expect-error: no outcome
  await expect(source.settle(lease, 'unknown')).rejects.toMatchObject({ code: 'unknown_outcome' });
  await source.settle(lease, 'published_degraded');
});

it('hands back, gives up and counts what its user cannot name', async () => {
  await add('counter', 1);
  const source = await audioSource({ maxDeliveries: 1, claimIdleMs: 100 });
  const puller = new Puller(source);
  await source.settle(await puller.one(), 'released'); // no delivery, so it comes again
  await puller.one();
  await source.close();
  await redis().xclaim(
    'audio:counter',
    'transcribers',
    'gone',
    0,
    await firstId('audio:counter'),
    'IDLE',
    60_000,
  );
  const next = await audioSource({ maxDeliveries: 1, claimIdleMs: 100 });
  void new Puller(next).next();
  await vi.waitFor(() =>
    expect(next.stats().cameras.get('audio:counter')?.outcomes).toMatchObject({ dead_lettered: 1 }),
  );
  await using letters = await createDeadLetterStore({
    redis: { client: redis() },
    streamPattern: 'audio:*',
    deadLetterPrefix: 'audio-dead:',
  });
  expect(await letters.cameras()).toEqual(['audio:counter']);
});

const firstId = async (key: string): Promise<string> => (await redis().xrange(key, '-', '+'))[0]?.[0] ?? '';

it('shares its room by the priorities of its user', async () => {
  await add('counter', 40);
  await add('door', 40);
  const priorityOf = vi.fn(({ streamKey }: { readonly streamKey: string }) =>
    streamKey === 'audio:counter' ? 3 : 1,
  );
  const source = await audioSource({ priorityOf });
  const puller = new Puller(source);
  const leases = [];
  for (let round = 0; round < 10; round += 1) {
    const some = await puller.some(4);
    leases.push(...some);
    await Promise.all(some.map((lease) => source.settle(lease, 'transcribed')));
  }
  const counts = countByStream(leases);
  // 30 to 10, but for what was read before their priorities were known.
  expect(counts.get('audio:counter')).toBeGreaterThanOrEqual(27);
  expect(counts.get('audio:door')).toBeGreaterThanOrEqual(8);
  expect(priorityOf.mock.calls[0]?.[0]).toMatchObject({
    fields: [Buffer.from('pcm'), expect.anything(), expect.anything(), expect.anything()],
  });
});

it('goes on where priorityOf() fails, and warns once a stream', async () => {
  await add('counter', 4);
  const warn = vi.fn();
  const failing = await audioSource({
    logger: { ...silentLogger, warn },
    priorityOf: ({ fields }) => {
      if (String(fields[1]) === '0') throw new Error('no such tenant');
      return Number.NaN;
    },
  });
  await new Puller(failing).some(4);
  const lines = warn.mock.calls.filter(([, message]) => String(message).startsWith('priorityOf()'));
  expect(lines).toEqual([
    [
      { camera_id: 'audio:counter', frame_id: expect.any(String), error: 'no such tenant' },
      expect.any(String),
    ],
  ]);
});

it('reads over a connection like that of a client, and leaves the client to its owner', async () => {
  await add('counter', 1);
  const client = new Redis(server().url, { keyPrefix: 'mine:', stringNumbers: true, connectionName: 'mine' });
  try {
    const source = await audioSource({ redis: { client } });
    const lease = await new Puller(source).one();
    expect(lease).toMatchObject({ streamKey: 'audio:counter', deliveryCount: 1 });
    expect(source.stats().cameras.get('audio:counter')?.streamLength).toBe(1); // a number, not '1'
    await source.settle(lease, 'silent');
    expect(await redis().client('LIST')).toMatch(/name=trinetra:ears-1/);
    await source.close();
    await vi.waitFor(async () => expect(await redis().client('LIST')).not.toMatch(/name=trinetra:ears-1/));
    expect(await client.ping()).toBe('PONG');
  } finally {
    client.disconnect();
  }
});

it.each([
  [
    'a url beside the client',
    () => ({ url: server().url, client: redis() }),
    /^redis: expected a url, or a client/,
  ],
  [
    'a password beside the client',
    () => ({ client: redis(), password: 'x' }),
    /^redis: expected a url, or a client/,
  ],
  ['neither', () => ({}), /^redis: expected a url, or a client/],
  [
    'a cluster',
    () => ({ client: new Redis.Cluster([], { lazyConnect: true }) }),
    /^redis\.client: .*cluster/,
  ],
  ['something else', () => ({ client: {} }), /^redis\.client: expected a client of ioredis/],
])('refuses %s', async (_, of, message) => {
  const options = { redis: of(), maxInFlight: 1 } as unknown as RedisBatchSourceOptions;
  const error: unknown = await createRedisBatchSource(options).catch((reason: unknown) => reason);
  expect(RedisBatchSourceError.isInstance(error) && error.code).toBe('invalid_options');
  expect((error as Error).message).toMatch(message);
});
