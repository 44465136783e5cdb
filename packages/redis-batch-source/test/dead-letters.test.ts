import { readFileSync } from 'node:fs';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { createDeadLetterStore, type DeadLetterStore, type DeadLetterStoreOptions } from '../src/index.ts';
import { group, Puller, useRedis } from './harness.ts';

const { redis, server, source } = useRedis();

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const aclLine = /^ACL SETUSER trinetra-operator (.*)$/m.exec(readme)?.[1]?.split(' ') ?? [];
const picture = Buffer.from([0xff, 0xd8, 0, 10, 13, 0xff, 0xd9]);
const written = ['camera_id', 'cam', 'dead_letter_reason', 'mine', 'frame', picture, 'frame', 'twice'];

async function storeOf(options: Partial<DeadLetterStoreOptions> = {}): Promise<DeadLetterStore> {
  const store = await createDeadLetterStore({ redis: { url: server().url }, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Entries that a source gave up, as a source gives them up. */
async function bury(camera: string, count: number): Promise<string[]> {
  const key = `frames:${camera}`;
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(String(await redis().xadd(key, '*', ...written)));
  await redis().xgroup('CREATE', key, group, '0', 'MKSTREAM');
  await redis().xreadgroup('GROUP', group, 'worker-1', 'STREAMS', key, '>');
  for (const id of ids) await redis().xclaim(key, group, 'worker-1', 0, id, 'RETRYCOUNT', 3, 'JUSTID');
  const reading = await source();
  const next = new Puller(reading).next();
  await expect
    .poll(() => reading.stats().cameras.get(camera)?.outcomes.dead_lettered, { timeout: 10_000 })
    .toBe(count);
  reading.stop();
  await next;
  await reading.close();
  return ids;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

let store: DeadLetterStore;
beforeEach(async () => {
  store = await storeOf();
});

it('lists the cameras and what became of their entries', async () => {
  const [first, second] = await bury('cam', 2);
  await redis().xadd('frames-dead:alien', '*', 'some', 'thing');
  expect(await store.cameras()).toEqual(['alien', 'cam']);
  const letters = await store.list('cam');
  expect(letters.map(({ origin }) => origin)).toEqual(
    [first, second].map((entryId) => ({
      ...{ streamKey: 'frames:cam', entryId, reason: 'max_deliveries' },
      ...{ deliveryCount: 3, consumer: 'worker-1' },
    })),
  );
  expect(Math.abs((letters[0]?.deadAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(await store.list('alien')).toMatchObject([{ cameraId: 'alien' }]);
  expect(await store.list('nobody')).toEqual([]);
});

it.each(['Front Door', 'lobby/cam1', 'Escritório', '{site1}:cam1', '*[?]'])(
  'keeps and replays those of the camera %s under its own name',
  async (camera) => {
    await bury(camera, 1);
    expect(await redis().exists(`frames-dead:${camera}`)).toBe(1);
    expect(await store.cameras()).toEqual([camera]);
    const [{ id } = { id: '' }] = await store.list(camera);
    expect(await store.replay(camera, id)).toMatchObject({
      outcome: 'replayed',
      streamKey: `frames:${camera}`,
    });
    expect(await redis().xlen(`frames:${camera}`)).toBe(1);
  },
);

it('lists more of them than one call looks at', async () => {
  const ids: unknown[] = [];
  for (let index = 0; index < 120; index += 1) ids.push(await redis().xadd('frames-dead:cam', '*', 'a', 'b'));
  expect((await store.list('cam')).map(({ id }) => id)).toEqual(ids);
});

it('reads one with the fields of the entry, bytes and doubles as they were, those of our names among them', async () => {
  await bury('cam', 1);
  const [{ id } = { id: '' }] = await store.list('cam');
  const letter = await store.read('cam', id);
  expect(letter?.fields).toEqual(written.map((value) => Buffer.from(value)));
  expect(await store.read('cam', '1-1')).toBeUndefined();
});

it('replays to the end of the stream, unchanged and without trimming, and the source reads it again', async () => {
  await bury('cam', 2);
  const live = await redis().xadd('frames:cam', 'MAXLEN', '~', 1, '*', 'frame', 'live');
  const [{ id } = { id: '' }] = await store.list('cam');
  const result = await store.replay('cam', id);
  expect(result).toMatchObject({ outcome: 'replayed', streamKey: 'frames:cam', streamLength: 2 });
  const entries = await redis().xrangeBuffer('frames:cam', '-', '+');
  expect(entries.map(([entryId]) => String(entryId))).toEqual([
    live,
    result.outcome === 'replayed' && result.entryId,
  ]);
  expect(entries[1]?.[1]).toEqual(written.map((value) => Buffer.from(value)));
  expect((await store.list('cam')).map((letter) => letter.id)).not.toContain(id);
  const leases = await new Puller(await source()).some(2);
  expect(leases[1]).toMatchObject({ deliveryCount: 1, fields: entries[1]?.[1] });
});

it('replays each once, whoever asks for it at the same time', async () => {
  await bury('cam', 8);
  const ids = (await store.list('cam')).map(({ id }) => id);
  const stores = [store, await storeOf(), await storeOf()];
  const results = await Promise.all(stores.flatMap((one) => ids.map((id) => one.replay('cam', id))));
  expect(results.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(8);
  expect(results.filter(({ outcome }) => outcome === 'missing')).toHaveLength(16);
  expect(await redis().xlen('frames:cam')).toBe(8);
});

it.each([
  [
    'the stream cannot be written',
    async () => void (await redis().set('frames:cam', 'no stream')),
    /WRONGTYPE/,
  ],
  [
    'a right was taken away',
    async () => void (await redis().acl('SETUSER', 'trinetra-operator', '-xdel')),
    /\+xdel/,
  ],
])('leaves everything as it was where %s', async (_what, fault, message) => {
  await bury('cam', 1);
  await redis().del('frames:cam');
  await redis().acl('SETUSER', 'trinetra-operator', ...aclLine);
  const careful = await storeOf({
    redis: { url: server().url, username: 'trinetra-operator', password: 'PASSWORD' },
  });
  const [{ id } = { id: '' }] = await store.list('cam');
  await fault();
  await expect(careful.replay('cam', id)).rejects.toThrow(message);
  expect(await store.list('cam')).toHaveLength(1);
  expect(await redis().type('frames:cam')).not.toBe('stream');
});

it('does not replay what does not say where it came from, or came from a stream that nobody reads', async () => {
  await bury('cam', 1);
  const alien = String(await redis().xadd('frames-dead:cam', '*', 'dead_letter_stream', 'frames:cam'));
  expect(await store.replay('cam', alien)).toEqual({ outcome: 'foreign' });
  const other = await storeOf({ streamPattern: 'frames:other_*' });
  const [{ id } = { id: '' }] = await store.list('cam');
  expect(await other.replay('cam', id)).toEqual({ outcome: 'foreign' });
  expect(await store.list('cam')).toHaveLength(2);
});

it('replays a selection: tells what is missing, what is foreign, and without a change what would be done', async () => {
  await bury('cam', 3);
  const alien = String(await redis().xadd('frames-dead:cam', '*', 'some', 'thing'));
  const [first = '', second = ''] = (await store.list('cam')).map(({ id }) => id);
  const ids = [second, '1-1', alien, second];
  expect(await allOf(store.replayAll('cam', { ids }, { dryRun: true }))).toEqual([
    { id: '1-1', outcome: 'missing' },
    { id: second, outcome: 'replayable', streamKey: 'frames:cam' },
    { id: alien, outcome: 'foreign' },
  ]);
  expect(await store.list('cam')).toHaveLength(4);
  expect(await allOf(store.replayAll('cam', { ids: [second] }))).toMatchObject([
    { id: second, outcome: 'replayed', streamKey: 'frames:cam' },
  ]);
  const { letters, missing } = await store.find('cam', { beforeMs: Number(first.split('-')[0]) + 60_000 });
  expect([letters.length, missing]).toEqual([3, []]);
  expect((await store.find('cam', { beforeMs: 1 })).letters).toEqual([]);
  expect(await store.summaries()).toMatchObject([
    { cameraId: 'cam', count: 3, oldestMs: letters[0]?.deadAtMs, reasons: { max_deliveries: 2, unknown: 1 } },
  ]);
});

it('drops what it is told and says how many were there', async () => {
  await bury('cam', 3);
  const [first, second] = (await store.list('cam')).map(({ id }) => id);
  expect(await store.drop('cam', [first ?? '', second ?? '', '1-1'])).toBe(2);
  expect(await store.list('cam')).toHaveLength(1);
});

it('needs no more than the ACL line of the README, and names what is missing', async () => {
  await bury('cam', 2);
  await redis().acl('LOG', 'RESET');
  const options = { redis: { url: server().url, username: 'trinetra-operator', password: 'PASSWORD' } };
  await redis().acl('SETUSER', 'trinetra-operator', ...aclLine);
  const careful = await storeOf(options);
  const [first, second] = await careful.list(...((await careful.cameras()) as [string]));
  expect((await careful.read('cam', first?.id ?? ''))?.fields).toHaveLength(8);
  expect((await careful.replay('cam', first?.id ?? '')).outcome).toBe('replayed');
  expect(await careful.drop('cam', [second?.id ?? ''])).toBe(1);
  expect(await redis().acl('LOG')).toEqual([]);
  await redis().acl('SETUSER', 'trinetra-operator', '-scan', '-xdel');
  await expect(createDeadLetterStore(options)).rejects.toThrow(/give the user \+xdel \+scan/);
});

it('refuses bad ids and options, and does not wait for a Redis that is away', async () => {
  await expect(store.read('cam', '-')).rejects.toMatchObject({ code: 'invalid_options' });
  await expect(store.drop('cam', ['+'])).rejects.toThrow(
    'expected one like 1771840000123-0 but received "+"',
  );
  await expect(createDeadLetterStore({ redis: { url: 'http://x' } })).rejects.toThrow(/^redis\.url: /);
  await expect(createDeadLetterStore({ redis: { url: 'redis://127.0.0.1:1' } })).rejects.toMatchObject({
    code: 'unreachable',
    retryable: true,
  });
});
