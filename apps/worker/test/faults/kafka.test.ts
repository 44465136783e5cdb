import { setTimeout as delay } from 'node:timers/promises';
import { canRunKafka } from '@trinetra/local-servers';
import { describe, expect, it } from 'vitest';
import {
  expectSinkDown,
  expectTidy,
  readyOf,
  total,
  useKafkaTestStack,
  user,
  waitingEvents,
} from '../kafka-test-stack.ts';
import { inFlight, report, times, variants } from '../scenario.ts';
import { addSceneFrame, addSceneFrames } from '../scene-frames.ts';
import { startSteadyLoad } from '../steady-load.ts';
import { topic } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

const kafkaHere = await canRunKafka();

describe.skipIf(!kafkaHere.ok)('a worker whose Kafka fails (needs Java)', () => {
  const here = useKafkaTestStack();
  const { received, nothingPending, start } = here;

  it('reads and infers on at full speed while the broker hangs, and drains in order when it answers', async () => {
    await using worker = await start();
    await using load = startSteadyLoad(here.testStack, { cameras: 4, backlog: 20 });
    await waitFor('events', () => (received().length >= 8 ? true : undefined));
    here.kafka.pause();
    const pausedAt = performance.now();
    const outageMs = times(4500, 15_000);
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
      here.kafka.resume();
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
      { frames: load.written.size, duplicates, recoveredMs: drainMs },
    );
    expect(waited).toBeGreaterThan(20);
    expect(largestGapMs).toBeLessThan(1000);
    expect(drainMs).toBeLessThan(5000);
    // A request whose answer was lost, or of which one partition had no leader yet, is sent again as a whole.
    expect(duplicates).toBeLessThan(waited);
    for (const camera of ['cam_0', 'cam_1', 'cam_2', 'cam_3']) {
      const ids = [...new Set(received())].filter((name) => name.startsWith(`${camera} `));
      expect(ids).toEqual([...load.written].filter((name) => name.startsWith(`${camera} `)));
    }
    await expectTidy(worker);
  });

  it('reads on while the broker is down, and delivers all of it in order when it is back', async () => {
    await using worker = await start({ KAFKA_RETRIES: '2', CLAIM_IDLE_MS: '3000', MAX_DELIVERIES: '1' });
    const written = (await addSceneFrames(here.testStack.redis, 4)).map((id) => `cam ${id}`);
    await waitFor('the first events', () => (received().length === 4 ? true : undefined));
    await nothingPending(); // an answer that the kill takes away would make the worker send them again
    await here.kafka.kill();
    const killedAt = performance.now();
    for (let i = 0; i < 40; i += 1) written.push(`cam ${await addSceneFrame(here.testStack.redis, i % 4)}`);
    // Far more than the pipeline holds at once: reading and inference go on.
    await waitFor('every event to wait', async () =>
      (await waitingEvents(worker)) === 40 ? true : undefined,
    );
    expect(await here.testStack.pending()).toBe(40);
    await expectSinkDown(worker, 'unreachable');
    // Each once, whether it was tried or waits behind others: an alert sees how an outage goes on.
    const errors = (): Promise<number> => total(worker, 'trinetra_kafka_publish_errors_total');
    await waitFor('every event to be counted', async () => ((await errors()) === 40 ? true : undefined));
    await delay(Math.max(0, times(0, 15_000) - (performance.now() - killedAt)));
    await here.kafka.restart();
    const backAt = performance.now();
    await nothingPending();
    const drainMs = Math.round(performance.now() - backAt);
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    expect(received()).toEqual(written);
    expect(await errors()).toBe(40);
    expect(drainMs).toBeLessThan(5000);
    expect(await worker.metric('trinetra_worker_frames_dropped_total')).toEqual(new Map());
    expect(await total(worker, 'trinetra_worker_frames_total', '"published"')).toBe(44);
    report(
      'Kafka killed and started again',
      `SIGKILL of the broker, away for ${Math.round(backAt - killedAt)} ms, 40 frames written meanwhile`,
      `40 of 40 read and buffered meanwhile; 44 of 44 events delivered in order within ${drainMs} ms, none twice`,
      { frames: 44, duplicates: 0, recoveredMs: drainMs },
    );
    await expectTidy(worker);
  });

  it('loses nothing where it is killed during the outage, and stops in time where it is told to', async () => {
    await using victim = await start();
    here.kafka.pause();
    try {
      const written = (await addSceneFrames(here.testStack.redis, 30)).map((id) => `cam ${id}`);
      await waitFor('every event to wait', async () =>
        (await waitingEvents(victim)) === written.length ? true : undefined,
      );
      await victim.stop('SIGKILL');
      expect(await here.testStack.pending()).toBe(written.length);
      await using worker = await start();
      await waitFor('them to wait again', async () =>
        (await waitingEvents(worker)) === written.length ? true : undefined,
      );
      const stoppedAt = performance.now();
      expect(await worker.stop('SIGTERM')).toBe(0);
      const stopMs = Math.round(performance.now() - stoppedAt);
      expect(await here.testStack.pending()).toBe(written.length);
      here.kafka.resume();
      await using next = await start();
      await nothingPending();
      await waitFor('every event', () => (new Set(received()).size === written.length ? true : undefined));
      expect(new Set(received())).toEqual(new Set(written));
      expect(await total(next, 'trinetra_worker_frames_total', 'dead_lettered')).toBe(0);
      report(
        'worker killed, then stopped, while Kafka hangs',
        `SIGKILL with ${written.length} events in the buffer, then SIGTERM with as many in the next one's`,
        `stopped within ${stopMs} ms; ${written.length} of ${written.length} published, ${received().length - written.length} duplicates`,
        { frames: written.length, duplicates: received().length - written.length },
      );
      await expectTidy(next);
    } finally {
      here.kafka.resume();
    }
  });

  it('drops events at once where it is told to, or the oldest where its buffer is full, and counts them', async () => {
    await here.kafka.kill();
    await using dropping = await start({ KAFKA_FAILURE_POLICY: 'drop', KAFKA_RETRIES: '1' });
    const lost = await addSceneFrames(here.testStack.redis, 20);
    await waitFor('all to be dropped', async () =>
      (await total(dropping, 'trinetra_worker_frames_dropped_total', 'publish_unreachable')) === lost.length
        ? true
        : undefined,
    );
    await nothingPending();
    expect(await waitingEvents(dropping)).toBe(0);
    await expectSinkDown(dropping, 'unreachable');
    await expectTidy(dropping);
    await dropping.stop('SIGTERM');

    await using worker = await start({ KAFKA_BUFFER_MAX_BYTES: '200000', KAFKA_RETRIES: '0' });
    const written = (await addSceneFrames(here.testStack.redis, 60)).map((id) => `cam ${id}`);
    await waitFor('all to be processed', async () => {
      const dropped = await total(worker, 'trinetra_worker_frames_dropped_total', 'publish_overflow');
      return dropped > 0 && dropped + (await waitingEvents(worker)) === written.length ? true : undefined;
    });
    const kept = await waitingEvents(worker);
    const acked = async (): Promise<boolean> => (await here.testStack.pending()) === kept;
    await waitFor('the dropped ones to be acked', async () => ((await acked()) ? true : undefined));
    expect(worker.log()).toContain('the oldest are given up');
    await here.kafka.restart();
    await nothingPending();
    await waitFor('the kept ones', () => (received().length >= kept ? true : undefined));
    expect(received()).toEqual(written.slice(-kept));
    report(
      'KAFKA_FAILURE_POLICY=drop, and buffer for Kafka full',
      `broker killed; ${lost.length} frames to a worker that drops, ${written.length} to one with KAFKA_BUFFER_MAX_BYTES=200000`,
      `${lost.length} dropped, counted and acked; ${written.length - kept} oldest dropped, counted and acked; the ${kept} newest published in order`,
      { frames: lost.length + written.length, lost: lost.length + written.length - kept, duplicates: 0 },
    );
    await expectTidy(worker);
  });

  it('holds and reads no more, where it is told to', async () => {
    await here.kafka.kill();
    await using holding = await start({ KAFKA_FAILURE_POLICY: 'hold', KAFKA_RETRIES: '1' });
    const written = (await addSceneFrames(here.testStack.redis, 40)).map((id) => `cam ${id}`);
    await expectSinkDown(holding, 'unreachable');
    await waitFor('the retries to be over', async () =>
      (await total(holding, 'trinetra_kafka_publish_errors_total')) >= 1 ? true : undefined,
    );
    // Batches that left before they were full hold less: the pipeline stops at its depth, or short of it.
    const held = await here.testStack.pending();
    expect(held).toBeGreaterThan(4);
    expect(held).toBeLessThanOrEqual(inFlight);
    expect(await here.testStack.redis.xlen('frames:cam')).toBe(40);
    await here.kafka.restart();
    await nothingPending();
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    expect(received()).toEqual(written);
    report(
      'KAFKA_FAILURE_POLICY=hold',
      `broker killed, ${written.length} frames`,
      `reading stopped at ${held} frames, then ${written.length} of ${written.length} published in order`,
      { frames: written.length, duplicates: 0 },
    );
    await expectTidy(holding);
  });

  it('loses only the event that the broker finds too large', async () => {
    await using worker = await start({ KAFKA_COMPRESSION: 'none' });
    const count = 12;
    await addSceneFrames(here.testStack.redis, count, 'before');
    await waitFor('the events', () => (received().length === count ? true : undefined));
    const sizes = here.events.map(({ event }) => JSON.stringify(event).length);
    // Between the largest and the others; a batch of several is over it in any case.
    const [largest = 0] = sizes.toSorted((a, b) => b - a);
    const second = Math.max(...sizes.filter((size) => size < largest - 2000));
    await here.kafka.setMaxMessageBytes(topic, Math.round((largest + second) / 2));
    try {
      here.forget();
      const ids = (await addSceneFrames(here.testStack.redis, count, 'after')).map((id) => `after ${id}`);
      const kept = ids.filter((_, index) => (sizes[index] ?? 0) <= second + 500);
      await waitFor('the small ones', () => (received().length >= kept.length ? true : undefined));
      const large = count - kept.length; // at least one, by the choice of the bound
      const dropped = (): Promise<number> =>
        total(worker, 'trinetra_worker_frames_dropped_total', 'publish_too_large');
      await waitFor('the others to be dropped', async () => ((await dropped()) >= large ? true : undefined));
      await nothingPending();
      expect([await dropped(), received()]).toEqual([large, kept]);
      expect(await readyOf(worker)).toMatchObject({ ready: true });
      report(
        'events too large for the broker',
        `max.message.bytes below ${large} of ${count} events`,
        `${large} dropped with their reason and acked, ${kept.length} of ${kept.length} others published in order, none twice`,
        { frames: count, lost: large, duplicates: 0 },
      );
      await expectTidy(worker);
    } finally {
      await here.kafka.setMaxMessageBytes(topic, 1_048_588);
    }
  });

  it('publishes every event where its clock is two hours ahead, which the broker does not want', async () => {
    const ahead = 'const real = Date.now; Date.now = () => real() + 7_200_000;';
    await using worker = await start({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}`,
    });
    const written = (await addSceneFrames(here.testStack.redis, 12)).map((id) => `cam ${id}`);
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    await nothingPending();
    expect(received()).toEqual(written);
    expect(await worker.metric('trinetra_worker_frames_dropped_total')).toEqual(new Map());
    expect(worker.log().match(/Kafka refuses the timestamps of this machine/g)).toHaveLength(1);
    expect((await readyOf(worker)).ready).toBe(true);
    report(
      'clock two hours ahead of the broker',
      `${written.length} frames; the topic takes timestamps of an hour ahead at most`,
      `${written.length} of ${written.length} published without timestamps, in order, none twice; one warning`,
      { frames: written.length, duplicates: 0 },
    );
    await expectTidy(worker);
  });

  it('says that the broker refuses its password, lives on, and works with the right one', async () => {
    const sasl = (password: string, mechanism: string): Record<string, string> => ({
      KAFKA_BOOTSTRAP_SERVERS: here.kafka.saslBrokers.join(','),
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_USERNAME: user.username,
      KAFKA_PASSWORD: password,
      LOG_LEVEL: 'debug',
    });
    await using refused = await start(sasl('wr0ng-s3cret', 'plain'));
    const written = (await addSceneFrames(here.testStack.redis, 8)).map((id) => `cam ${id}`);
    await waitFor('every event to wait', async () =>
      (await waitingEvents(refused)) === written.length ? true : undefined,
    );
    await expectSinkDown(refused, 'refused');
    const said = JSON.stringify(await readyOf(refused)) + refused.log();
    expect(said).not.toContain('s3cret');
    await expectTidy(refused);
    expect(await refused.stop('SIGTERM')).toBe(0);
    expect(await here.testStack.pending()).toBe(written.length);

    const mechanisms = variants(['scram-sha-256', 'plain']);
    for (const mechanism of mechanisms) {
      await using worker = await start(sasl(user.password, mechanism));
      written.push(`cam ${await addSceneFrame(here.testStack.redis, 1)}`);
      await waitFor('every event', () => (received().length >= written.length ? true : undefined));
      await nothingPending();
      expect(received()).toEqual(written);
      expect((await readyOf(worker)).ready).toBe(true);
      expect(worker.log()).not.toContain('s3cret');
      await expectTidy(worker);
    }
    report(
      'Kafka refuses the password',
      `SASL/PLAIN with a wrong password, then ${mechanisms.join(' and ').toUpperCase()} with the right one`,
      `/ready: refused; ${written.length} of ${written.length} events published by the workers after it; no password in logs`,
      { frames: written.length, duplicates: 0 },
    );
  });

  it('waits for a topic that was deleted, and publishes once it is created again', async () => {
    await using worker = await start();
    const before = await addSceneFrames(here.testStack.redis, 4);
    await waitFor('the first ones', () => (received().length === before.length ? true : undefined));
    await here.stopCollecting();
    await here.kafka.deleteTopic(topic);
    const written = (await addSceneFrames(here.testStack.redis, 20)).map((id) => `cam ${id}`);
    await waitFor('every event to wait', async () =>
      (await waitingEvents(worker)) === written.length ? true : undefined,
    );
    await expectSinkDown(worker, 'unknown_topic');
    expect(worker.log()).toContain('the Kafka topic does not exist');
    await here.kafka.createTopic(topic);
    const createdAt = performance.now();
    await nothingPending();
    const tookMs = Math.round(performance.now() - createdAt);
    await here.collect();
    await waitFor('every event', () => (received().length >= written.length ? true : undefined));
    expect(received()).toEqual(written);
    await waitFor('/ready', async () => ((await readyOf(worker)).ready ? true : undefined));
    report(
      'Kafka topic deleted and created again',
      `${written.length} frames written while it was gone, auto-creation off`,
      `/ready: unknown_topic; ${written.length} of ${written.length} published ${tookMs} ms after it was there again, none twice`,
      { frames: written.length, duplicates: 0, recoveredMs: tookMs },
    );
    await expectTidy(worker);
  });
});
