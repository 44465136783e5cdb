import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectionEvent } from '@trinetra/contracts';
import { createKafkaSink, type DetectionSink } from '@trinetra/kafka-sink';
import { type LocalKafka, startKafka } from '@trinetra/local-servers';
import type { Running } from '@trinetra/test-support';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, runReadme, start } from './cli.ts';
import { eventOf, lineOf } from './events.ts';

const user = { username: 'viewer', password: 'right-s3cret' };

let kafka: LocalKafka;
let admin: Admin;
beforeAll(async () => {
  kafka = await startKafka({ user });
  admin = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await kafka?.close();
});

const eventsFrom = (first: number, count: number): DetectionEvent[] =>
  Array.from({ length: count }, (_, i) =>
    eventOf({ camera_id: `cam_${(first + i) % 5}`, frame_id: `${first + i}-0` }),
  );

interface Topic extends AsyncDisposable {
  readonly sink: DetectionSink;
  readonly args: readonly string[];
  readonly name: string;
}

/** A topic of its own, and what writes to it as the worker does: LZ4, keyed by camera. */
async function newTopic(): Promise<Topic> {
  const name = `events-${randomUUID()}`;
  await kafka.createTopic(name, 3);
  const sink = await createKafkaSink({ brokers: kafka.brokers, topic: name });
  const args = ['--brokers', kafka.brokers.join(','), '--topic', name, '--json'];
  return { sink, args, name, [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose]() };
}

async function publish({ sink }: Topic, first: number, count: number): Promise<void> {
  for (const result of await sink.write(eventsFrom(first, count))) expect(result).toMatchObject({ ok: true });
}

const framesOf = (json: string): number[] =>
  json
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number.parseInt(JSON.parse(line).frame_id, 10))
    .sort((a, b) => a - b);

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const shows = (running: Running, frames: readonly number[]): Promise<void> =>
  expect.poll(() => framesOf(running.stdout()), { timeout: 60_000 }).toEqual(frames);

/** Publishes until one arrives: then it reads whatever comes from now on. @returns the next number. */
async function waitUntilItReads(topic: Topic, running: Running): Promise<number> {
  let next = 0;
  await expect
    .poll(
      async () => {
        await publish(topic, next, 5);
        next += 5;
        return running.stdout();
      },
      { timeout: 60_000, interval: 300 },
    )
    .not.toBe('');
  return next;
}

describe('trinetra-events from Kafka', () => {
  it('reads all that the topic has, and ends', async () => {
    await using topic = await newTopic();
    await publish(topic, 0, 200);
    const { code, stdout, stderr } = await play([...topic.args, '--from-beginning', '--until-end']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(framesOf(stdout)).toEqual(range(0, 200));
    const byCamera = stdout
      .trim()
      .split('\n')
      .map((line): { camera_id: string; frame_id: string } => JSON.parse(line))
      .filter(({ camera_id }) => camera_id === 'cam_3')
      .map(({ frame_id }) => Number.parseInt(frame_id, 10));
    expect(byCamera).toEqual(byCamera.toSorted((a, b) => a - b));
  });

  it('ends at once with an empty topic', async () => {
    await using topic = await newTopic();
    expect(await play([...topic.args, '--from-beginning', '--until-end'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('shows what comes from now on, loses nothing in a restart of the broker, and leaves no group behind', async () => {
    await using topic = await newTopic();
    await publish(topic, 1_000_000, 20);
    const running = start(topic.args);
    const next = await waitUntilItReads(topic, running);
    await publish(topic, next, 40);
    const first = framesOf(running.stdout())[0] ?? 0;
    await shows(running, range(first, next + 40 - first));
    await kafka.restart();
    await expect
      .poll(async () => (await topic.sink.write(eventsFrom(next + 40, 1)))[0]?.ok, { timeout: 60_000 })
      .toBe(true);
    await publish(topic, next + 41, 30);
    await shows(running, range(first, next + 71 - first));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
    const { groups } = await admin.listGroups();
    for (const { groupId } of groups.filter(({ groupId: id }) => id.startsWith('trinetra-events-'))) {
      const offsets = await admin.fetchOffsets({ groupId, topics: [topic.name] });
      expect(offsets.flatMap(({ partitions }) => partitions.map(({ offset }) => offset))).toEqual([
        '-1',
        '-1',
        '-1',
      ]);
    }
  });

  it('goes on in a group where it stopped', async () => {
    await using topic = await newTopic();
    await publish(topic, 0, 30);
    const args = [...topic.args, '--group', `readers-${randomUUID()}`, '--from-beginning', '--limit'];
    const first = await play([...args, '7']);
    const second = await play([...args, '23']);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(framesOf(first.stdout)).toHaveLength(7);
    expect(framesOf(first.stdout + second.stdout)).toEqual(range(0, 30));
  });

  it('logs in with the variables of the worker, and says when it may not', async () => {
    await using topic = await newTopic();
    await publish(topic, 0, 3);
    const env = {
      KAFKA_BOOTSTRAP_SERVERS: kafka.saslBrokers.join(','),
      KAFKA_TOPIC: topic.name,
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_USERNAME: user.username,
      KAFKA_PASSWORD: user.password,
    };
    const args = ['--json', '--from-beginning', '--until-end'];
    expect(framesOf((await play(args, { env })).stdout)).toEqual([0, 1, 2]);
    const refused = await play(args, { env: { ...env, KAFKA_PASSWORD: 'wrong-s3cret' } });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^trinetra-events: cannot read topic .*[Aa]uthenti/);
    expect(refused.stderr).not.toContain('s3cret');
  });

  it('compares two topics, and a topic with a file, to their present ends', async () => {
    await using before = await newTopic();
    await using after = await newTopic();
    await publish(before, 0, 200);
    await publish(after, 0, 200);
    const env = { KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(',') };
    const topics = [`kafka:${before.name}`, `kafka:${after.name}`];
    const same = await play(['diff', ...topics], { env });
    expect(same).toMatchObject({ code: 0, stderr: '' });
    expect(same.stdout).toContain('\nidentical\n');
    await publish(after, 200, 3);
    const input = eventsFrom(0, 150).map(lineOf).join('');
    const { code, stdout } = await play(['diff', '-', `kafka:${after.name}`, '--json'], { env, input });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ frames: { a: 150, b: 203, both: 150, only_b: 53 } });
    const absent = await play(['diff', 'kafka:absent', '-'], { env });
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('topic absent at') });
  });

  it('runs the second example of the README', async () => {
    await using topic = await newTopic();
    await publish(topic, 0, 10);
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-plot-'));
    const env = { KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','), KAFKA_TOPIC: topic.name, FOLDER: folder };
    const { code, stdout } = await runReadme(1, env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^camera +events[\s\S]*\ntotal +10 /);
    expect(await readFile(join(folder, 'events.svg'), 'utf8')).toContain('</svg>');
    await rm(folder, { recursive: true });
  });

  it('says that there is no such topic, or no broker', async () => {
    const brokers = ['--brokers', kafka.brokers.join(',')];
    const topic = await play([...brokers, '--topic', 'absent']);
    expect(topic).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('topic absent at') });
    expect(topic.stderr).toContain('does not host this topic-partition');
    const nobody = await play(['--brokers', '127.0.0.1:1']);
    expect(nobody).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot read topic .*ECONNREFUSED/),
    });
  });
});
