import { setTimeout as delay } from 'node:timers/promises';
import { canRunKafka, type LocalKafka, startKafka } from '@trinetra/local-servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectEvents, type EventCollector } from '../collect-events.ts';
import { checkLedger } from '../ledger.ts';
import { addSceneFrame, addSceneFrames } from '../scene-frames.ts';
import { startSteadyLoad } from '../steady-load.ts';
import { report, times } from '../trial.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';
import { type RedisWorld, startRedisWorld, topic } from '../world.ts';

const kafkaHere = await canRunKafka();
const user = { username: 'worker', password: 'right-s3cret' };

interface Ready {
  readonly ready: boolean;
  readonly checks: {
    readonly redis: { readonly ok: boolean };
    readonly sink: { readonly ok: boolean; readonly detail: Readonly<Record<string, unknown>> };
  };
}

async function readyOf(worker: WorkerProcess): Promise<Ready> {
  return (await (await fetch(`${worker.url}/ready`)).json()) as Ready;
}

/** `/ready` names Kafka and nothing else; `/health` does not care. */
async function expectSinkDown(worker: WorkerProcess, reason: string): Promise<void> {
  await waitFor(`/ready to say ${reason}`, async () =>
    (await readyOf(worker)).checks.sink.detail['reason'] === reason ? true : undefined,
  );
  expect((await fetch(`${worker.url}/ready`)).status).toBe(503);
  expect((await readyOf(worker)).checks).toMatchObject({ redis: { ok: true }, sink: { ok: false } });
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
}

const waitingEvents = async (worker: WorkerProcess): Promise<number> =>
  (await worker.metric('trinetra_worker_events_waiting')).get('') ?? 0;

async function total(worker: WorkerProcess, metric: string, label = ''): Promise<number> {
  const rows = [...(await worker.metric(metric))].filter(([labels]) => labels.includes(label));
  return rows.reduce((sum, [, value]) => sum + value, 0);
}

describe.skipIf(!kafkaHere.ok)('a worker whose Kafka fails (needs Java)', () => {
  let world: RedisWorld;
  let kafka: LocalKafka;
  let events: EventCollector;
  let env: Record<string, string>;
  /** Events of earlier tests. */
  let earlier = 0;
  const received = (): string[] =>
    events.received.slice(earlier).map(({ event }) => `${event.camera_id} ${event.frame_id}`);

  beforeAll(async () => {
    world = await startRedisWorld();
    kafka = await startKafka({ topic, partitions: 8, user });
    env = { ...world.env, KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','), CONSUMER_NAME: 'worker' };
    events = await collectEvents(kafka.brokers, topic);
  });
  afterAll(async () => {
    await events[Symbol.asyncDispose]();
    await kafka.close();
    await world[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await world.redis.flushall();
    earlier = events.received.length;
  });

  const nothingPending = (): Promise<true> =>
    waitFor('nothing to be pending', async () => ((await world.pending()) === 0 ? true : undefined));

  async function start(extra: Record<string, string> = {}): Promise<WorkerProcess> {
    const worker = await startWorker({ ...env, ...extra });
    await waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));
    return worker;
  }

  /** The same at the end of each test: nothing is unaccounted for, and kafkajs kept quiet. */
  async function expectTidy(...workers: readonly WorkerProcess[]): Promise<void> {
    for (const worker of workers) {
      await checkLedger(worker);
      expect(worker.log()).not.toContain('TimeoutNegativeWarning');
    }
  }

  it('reads and infers on at full speed while the broker hangs, and drains in order when it answers', async () => {
    await using worker = await start();
    await using load = startSteadyLoad(world, { cameras: 4, backlog: 20 });
    await waitFor('events', () => (received().length >= 8 ? true : undefined));
    kafka.pause();
    const pausedAt = performance.now();
    const outageMs = times(6000, 15_000);
    let largestGapMs = 0;
    let lastMovedAt = performance.now();
    let last = 0;
    try {
      while (performance.now() - pausedAt < outageMs) {
        const now = performance.now();
        const waiting = await waitingEvents(worker);
        if (waiting > last) lastMovedAt = now;
        last = waiting;
        if (now - pausedAt > 2000) largestGapMs = Math.max(largestGapMs, now - lastMovedAt);
        await delay(20);
      }
      await expectSinkDown(worker, 'unreachable');
    } finally {
      await load.stop();
      kafka.resume();
    }
    const waited = await waitingEvents(worker);
    const resumedAt = performance.now();
    await waitFor('the buffer to drain', async () =>
      (await waitingEvents(worker)) === 0 ? true : undefined,
    );
    const drainMs = Math.round(performance.now() - resumedAt);
    await waitFor('every event', () => (new Set(received()).size === load.written.size ? true : undefined));
    await nothingPending();
    const duplicates = received().length - load.written.size;
    report(
      'Kafka partitioned (SIGSTOP)',
      `${outageMs} ms under load, ${waited} events in the buffer at its end`,
      `largest gap between frames entering the buffer after 2 s: ${Math.round(largestGapMs)} ms; drained in ${drainMs} ms; ${load.written.size} of ${load.written.size} published in order, ${duplicates} duplicates`,
    );
    expect(waited).toBeGreaterThan(20);
    expect(largestGapMs).toBeLessThan(1000);
    expect(drainMs).toBeLessThan(5000);
    expect(duplicates).toBeLessThanOrEqual(12);
    for (const camera of ['cam_0', 'cam_1', 'cam_2', 'cam_3']) {
      const ids = [...new Set(received())].filter((name) => name.startsWith(`${camera} `));
      expect(ids).toEqual([...load.written].filter((name) => name.startsWith(`${camera} `)));
    }
    await expectTidy(worker);
  });

  it('reads on while the broker is down, and delivers all of it in order when it is back', async () => {
    await using worker = await start({ KAFKA_RETRIES: '2', CLAIM_IDLE_MS: '3000', MAX_DELIVERIES: '1' });
    const written = (await addSceneFrames(world.redis, 4)).map((id) => `cam ${id}`);
    await waitFor('the first events', () => (received().length === 4 ? true : undefined));
    await kafka.kill();
    const killedAt = performance.now();
    for (let i = 0; i < 40; i += 1) written.push(`cam ${await addSceneFrame(world.redis, i % 4)}`);
    // Far more than the pipeline holds at once: reading and inference go on.
    await waitFor('every event to wait', async () =>
      (await waitingEvents(worker)) === 40 ? true : undefined,
    );
    expect(await world.pending()).toBe(40);
    await expectSinkDown(worker, 'unreachable');
    await delay(Math.max(0, times(0, 15_000) - (performance.now() - killedAt)));
    const outageMs = Math.round(performance.now() - killedAt);
    await kafka.restart();
    const backAt = performance.now();
    await nothingPending();
    const drainMs = Math.round(performance.now() - backAt);
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    expect(received()).toEqual(written);
    expect(drainMs).toBeLessThan(5000);
    expect(await waitingEvents(worker)).toBe(0);
    expect(await worker.metric('trinetra_worker_frames_dropped_total')).toEqual(new Map());
    expect(await total(worker, 'trinetra_worker_frames_total', '"published"')).toBe(44);
    report(
      'Kafka killed and started again',
      `SIGKILL of the broker, away for ${outageMs} ms, 40 frames written meanwhile`,
      `40 of 40 read and buffered meanwhile; 44 of 44 events delivered in order within ${drainMs} ms, none twice`,
    );
    await expectTidy(worker);
  });

  it('loses nothing where it is killed during the outage, and stops in time where it is told to', async () => {
    await using victim = await start();
    kafka.pause();
    try {
      const written = (await addSceneFrames(world.redis, 30)).map((id) => `cam ${id}`);
      await waitFor('every event to wait', async () =>
        (await waitingEvents(victim)) === written.length ? true : undefined,
      );
      await victim.stop('SIGKILL');
      expect(await world.pending()).toBe(written.length);
      await using worker = await start();
      await waitFor('them to wait again', async () =>
        (await waitingEvents(worker)) === written.length ? true : undefined,
      );
      const stoppedAt = performance.now();
      expect(await worker.stop('SIGTERM')).toBe(0);
      const stopMs = Math.round(performance.now() - stoppedAt);
      expect(await world.pending()).toBe(written.length);
      kafka.resume();
      await using next = await start();
      await nothingPending();
      await waitFor('every event', () => (new Set(received()).size === written.length ? true : undefined));
      expect(new Set(received())).toEqual(new Set(written));
      expect(await total(next, 'trinetra_worker_frames_total', 'dead_lettered')).toBe(0);
      report(
        'worker killed, then stopped, while Kafka hangs',
        `SIGKILL with ${written.length} events in the buffer, then SIGTERM with as many in the next one's`,
        `stopped within ${stopMs} ms; ${written.length} of ${written.length} published, ${received().length - written.length} duplicates`,
      );
      await expectTidy(next);
    } finally {
      kafka.resume();
    }
  });

  it('drops the oldest events where its buffer is full, and counts them', async () => {
    await using worker = await start({ KAFKA_BUFFER_MAX_BYTES: '200000', KAFKA_RETRIES: '0' });
    await waitFor('/ready', async () => ((await readyOf(worker)).ready ? true : undefined));
    await kafka.kill();
    const written = (await addSceneFrames(world.redis, 60)).map((id) => `cam ${id}`);
    await waitFor('all to be processed', async () => {
      const dropped = await total(worker, 'trinetra_worker_frames_dropped_total', 'publish_overflow');
      return dropped > 0 && dropped + (await waitingEvents(worker)) === written.length ? true : undefined;
    });
    const kept = await waitingEvents(worker);
    await waitFor('the dropped ones to be acked', async () =>
      (await world.pending()) === kept ? true : undefined,
    );
    expect(worker.log()).toContain('the oldest are given up');
    await kafka.restart();
    await nothingPending();
    await waitFor('the kept ones', () => (received().length >= kept ? true : undefined));
    expect(received()).toEqual(written.slice(-kept));
    report(
      'buffer for Kafka full',
      `broker killed, ${written.length} frames, KAFKA_BUFFER_MAX_BYTES=200000`,
      `${written.length - kept} oldest dropped, counted and acked; the ${kept} newest published in order`,
    );
    await expectTidy(worker);
  });

  it('drops at once, or holds and reads no more, where it is told to', async () => {
    await using dropping = await start({ KAFKA_FAILURE_POLICY: 'drop', KAFKA_RETRIES: '0' });
    await kafka.kill();
    const first = await addSceneFrames(world.redis, 20);
    await waitFor('all to be dropped', async () =>
      (await total(dropping, 'trinetra_worker_frames_dropped_total', 'publish_unreachable')) === first.length
        ? true
        : undefined,
    );
    await nothingPending();
    expect(await waitingEvents(dropping)).toBe(0);
    await expectSinkDown(dropping, 'unreachable');
    await expectTidy(dropping);
    expect(await dropping.stop('SIGTERM')).toBe(0);

    await using holding = await start({ KAFKA_FAILURE_POLICY: 'hold' });
    const second = (await addSceneFrames(world.redis, 40)).map((id) => `cam ${id}`);
    await expectSinkDown(holding, 'unreachable');
    const held = await world.pending();
    expect(held).toBeLessThanOrEqual(12);
    expect(await world.redis.xlen('frames:cam')).toBe(40);
    await kafka.restart();
    await nothingPending();
    await waitFor('every event', () => (received().length >= second.length ? true : undefined));
    expect(received()).toEqual(second);
    report(
      'KAFKA_FAILURE_POLICY=drop and hold',
      `broker killed; ${first.length} frames to a worker that drops, ${second.length} to one that holds`,
      `${first.length} dropped, counted and acked; reading stopped at ${held} frames, then ${second.length} of ${second.length} published in order`,
    );
    await expectTidy(holding);
  });

  it('loses only the event that the broker finds too large', async () => {
    await using worker = await start({ KAFKA_COMPRESSION: 'none' });
    const count = 12;
    await addSceneFrames(world.redis, count, 'before');
    await waitFor('the events', () => (received().length === count ? true : undefined));
    const sizes = events.received.slice(earlier).map(({ event }) => JSON.stringify(event).length);
    // Between the largest and the others; a batch of several is over it in any case.
    const [largest = 0] = sizes.toSorted((a, b) => b - a);
    const second = Math.max(...sizes.filter((size) => size < largest - 2000));
    await kafka.setMaxMessageBytes(topic, Math.round((largest + second) / 2));
    try {
      earlier = events.received.length;
      const ids = (await addSceneFrames(world.redis, count, 'after')).map((id) => `after ${id}`);
      await nothingPending();
      const kept = ids.filter((_, index) => (sizes[index] ?? 0) <= second + 500);
      await waitFor('the small ones', () => (received().length >= kept.length ? true : undefined));
      expect(received()).toEqual(kept);
      const large = count - kept.length;
      expect(large).toBeGreaterThan(0);
      expect(await total(worker, 'trinetra_worker_frames_dropped_total', 'publish_too_large')).toBe(large);
      expect((await readyOf(worker)).ready).toBe(true);
      report(
        'events too large for the broker',
        `max.message.bytes below ${large} of ${count} events`,
        `${large} dropped with their reason and acked, ${kept.length} of ${kept.length} others published in order, none twice`,
      );
      await expectTidy(worker);
    } finally {
      await kafka.setMaxMessageBytes(topic, 1_048_588);
    }
  });

  it('says that the broker refuses its password, lives on, and works with the right one', async () => {
    const sasl = (password: string, mechanism: string): Record<string, string> => ({
      KAFKA_BOOTSTRAP_SERVERS: kafka.saslBrokers.join(','),
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_USERNAME: user.username,
      KAFKA_PASSWORD: password,
      LOG_LEVEL: 'debug',
    });
    await using refused = await start(sasl('wr0ng-s3cret', 'plain'));
    const written = (await addSceneFrames(world.redis, 8)).map((id) => `cam ${id}`);
    await waitFor('every event to wait', async () =>
      (await waitingEvents(refused)) === written.length ? true : undefined,
    );
    await expectSinkDown(refused, 'refused');
    const said = JSON.stringify(await readyOf(refused)) + refused.log();
    expect(said).not.toContain('s3cret');
    await expectTidy(refused);
    expect(await refused.stop('SIGTERM')).toBe(0);
    expect(await world.pending()).toBe(written.length);

    for (const mechanism of ['plain', 'scram-sha-256']) {
      await using worker = await start(sasl(user.password, mechanism));
      written.push(`cam ${await addSceneFrame(world.redis, 1)}`);
      await waitFor('every event', () => (received().length >= written.length ? true : undefined));
      await nothingPending();
      expect(received()).toEqual(written);
      expect((await readyOf(worker)).ready).toBe(true);
      expect(worker.log()).not.toContain('s3cret');
      await expectTidy(worker);
    }
    report(
      'Kafka refuses the password',
      'SASL/PLAIN with a wrong password, then PLAIN and SCRAM-SHA-256 with the right one',
      `/ready: refused; ${written.length} of ${written.length} events published by the workers after it; no password in logs`,
    );
  });

  it('waits for a topic that was deleted, and publishes once it is created again', async () => {
    await using worker = await start();
    const before = await addSceneFrames(world.redis, 4);
    await waitFor('the first ones', () => (received().length === before.length ? true : undefined));
    await events[Symbol.asyncDispose]();
    await kafka.deleteTopic(topic);
    const written = (await addSceneFrames(world.redis, 20)).map((id) => `cam ${id}`);
    await waitFor('every event to wait', async () =>
      (await waitingEvents(worker)) === written.length ? true : undefined,
    );
    await expectSinkDown(worker, 'unknown_topic');
    expect(worker.log()).toContain('the Kafka topic does not exist');
    await kafka.createTopic(topic);
    const createdAt = performance.now();
    await nothingPending();
    const tookMs = Math.round(performance.now() - createdAt);
    events = await collectEvents(kafka.brokers, topic);
    earlier = 0;
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    expect(received()).toEqual(written);
    await waitFor('/ready', async () => ((await readyOf(worker)).ready ? true : undefined));
    report(
      'Kafka topic deleted and created again',
      `${written.length} frames written while it was gone, auto-creation off`,
      `/ready: unknown_topic; ${written.length} of ${written.length} published ${tookMs} ms after it was there again, none twice`,
    );
    await expectTidy(worker);
  });
});
