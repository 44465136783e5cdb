import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { canRunKafka } from '@trinetra/local-servers';
import { Random } from '@trinetra/test-support';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventCollector } from '../collect-events.ts';
import { injectKill, injectSlowEngine, type KillPoint, killPoints } from '../inject.ts';
import { checkLedger } from '../ledger.ts';
import { isFullRun, report, times } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { startSteadyLoad } from '../steady-load.ts';
import { consumerGroup, startTestStack, type TestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

const kafkaHere = await canRunKafka();
const names = ['one', 'two', 'three'] as const;
/** A fleet shares the machine, and its workers start often. */
const oneThread = { INFERENCE_THREADS: '1', INTRA_OP_THREADS: '1' };

/** One life of a worker, from its start to the kill. */
interface Life {
  readonly name: string;
  readonly worker: WorkerProcess;
  /** Where it kills itself; null: it waits to be killed. */
  readonly killPoint: KillPoint | null;
  /** Resolves once it is dead, to the frames that it then held. */
  readonly held: Promise<number>;
}

const nameOf = ({ event }: EventCollector['received'][number]): string =>
  `${event.camera_id} ${event.frame_id}`;

describe.skipIf(!kafkaHere.ok)('a fleet whose workers are killed (needs Java)', () => {
  const kills = times(6, 100);
  let testStack: TestStack;
  let events: EventCollector;
  /** Events of earlier tests. */
  let earlier = 0;

  beforeAll(async () => {
    testStack = await startTestStack();
    events = await testStack.collect();
  });
  afterAll(() => testStack[Symbol.asyncDispose]());
  beforeEach(async () => {
    await testStack.redis.flushall();
    await testStack.redis.hset('trinetra:workers', '_since', 1); // deletes from the first ack on, as on any other day
    earlier = events.received.length;
  });

  const consumersOf = async (stream: string): Promise<string> =>
    JSON.stringify(await testStack.redis.xinfo('CONSUMERS', stream, consumerGroup));
  const received = (): string[] => events.received.slice(earlier).map(nameOf);
  const published = (): Set<string> => new Set(received());

  it(`loses nothing, ${kills} times over, whatever it was doing`, {
    timeout: isFullRun ? 900_000 : 240_000,
  }, async () => {
    const seed = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);
    console.log(`FAULTS_SEED=${seed}`);
    const random = new Random(seed);
    await using stack = new AsyncDisposableStack();
    const env = {
      ...testStack.env,
      CLAIM_IDLE_MS: '10000',
      MAX_DELIVERIES: '1000', // the same frame may be hit again and again
      ...oneThread,
    };
    // The first lives cover every point; later ones carry a plan half of the time.
    const plan: (KillPoint | null)[] = [...killPoints, null, ...(isFullRun ? [null, null] : [])];
    async function startLife(name: string, killPoint: KillPoint | null): Promise<Life> {
      const occurrence = random.int(1, 4);
      const worker = stack.use(
        await startWorker({
          ...env,
          ...(killPoint === null ? {} : injectKill(killPoint, occurrence)),
          CONSUMER_NAME: name,
        }),
      );
      const held = once(worker.child, 'exit').then(() => testStack.pending(name));
      return { name, worker, killPoint, held };
    }
    const nextPlan = (): KillPoint | null => {
      const planned = plan.shift();
      if (planned !== undefined) return planned;
      return random.next() < 0.5 ? random.pick(killPoints) : null;
    };

    await using load = startSteadyLoad(testStack, { cameras: 8, backlog: 30, everyMs: times(400, 20) });
    const fleet = await Promise.all(names.map((name) => startLife(name, nextPlan())));
    const counts = new Map<string, number>();
    let inFlight = 0;
    for (let done = 0; done < kills; done += 1) {
      // Those that have killed themselves first: the fleet stays three strong.
      const dead = fleet.findIndex(({ worker }) => worker.child.signalCode !== null);
      // Few kills: each of them at another point.
      const planned = isFullRun ? -1 : fleet.findIndex(({ killPoint }) => killPoint !== null);
      const alive = planned >= 0 ? planned : Math.floor(random.next() * fleet.length);
      const at = dead >= 0 ? dead : alive;
      const life = fleet[at];
      if (life === undefined) throw new Error('expected a worker');
      if (life.killPoint === null) {
        await waitFor(`${life.name} to have work`, async () =>
          (await testStack.pending(life.name)) > 0 ? true : undefined,
        );
        await delay(random.next() * 400); // any instant
        life.worker.child.kill('SIGKILL');
      }
      const held = await Promise.race([life.held, delay(60_000, null, { ref: false })]);
      if (held === null) throw new Error(`${life.name} did not come to ${life.killPoint}`);
      expect(life.worker.child.signalCode).toBe('SIGKILL');
      inFlight += held;
      const what = life.killPoint ?? 'random instant';
      counts.set(what, (counts.get(what) ?? 0) + 1);
      fleet[at] = await startLife(life.name, kills - done > names.length ? nextPlan() : null);
    }
    // Those that still carry a plan are killed once more, so that the survivors are as they come.
    for (const [at, life] of fleet.entries()) {
      if (life.killPoint === null) continue;
      await life.worker.stop('SIGKILL');
      inFlight += await life.held;
      counts.set('at the end', (counts.get('at the end') ?? 0) + 1);
      fleet[at] = await startLife(life.name, null);
    }
    await load.stop();
    await waitFor(
      'every entry to be published',
      () => (published().size >= load.written.size ? true : undefined),
      90_000,
    );
    await waitFor('nothing to be pending', async () =>
      (await testStack.pending()) === 0 ? true : undefined,
    );
    const duplicates = received().length - published().size;
    report(
      `${[...counts.values()].reduce((sum, count) => sum + count, 0)} workers of a fleet of 3 killed under load`,
      `SIGKILL at each of ${killPoints.length} steps and at random instants (seed ${seed})`,
      `${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}; ${load.written.size} of ${load.written.size} entries published, ` +
        `${duplicates} duplicates with ${inFlight} frames in flight at the kills, 0 pending`,
      { frames: load.written.size, duplicates },
    );
    expect(published()).toEqual(load.written);
    expect(duplicates).toBeLessThanOrEqual(inFlight);
    expect(await testStack.redis.keys('frames-dead:*')).toEqual([]);
    for (const { worker } of fleet) {
      await worker.ready();
      await checkLedger(worker);
      expect(worker.log()).not.toContain('TimeoutNegativeWarning');
    }
    await stack.disposeAsync();
    await Promise.all(fleet.map(({ held }) => held)); // asks Redis, which the next test empties
  });

  it('has its frames back as soon as it is started again, and counts those that were trimmed meanwhile', async () => {
    const env = { ...testStack.env, CONSUMER_NAME: 'again', CLAIM_IDLE_MS: '120000' };
    const written: string[] = [];
    for (const camera of ['kept', 'trimmed']) {
      for (let i = 0; i < 6; i += 1)
        written.push(`${camera} ${await addSceneFrame(testStack.redis, i, camera)}`);
    }
    await using victim = await startWorker({ ...env, ...injectKill('during-inference') });
    await once(victim.child, 'exit');
    const [kept, trimmed] = await Promise.all(
      ['kept', 'trimmed'].map(async (camera) =>
        Number((await testStack.redis.xpending(`frames:${camera}`, consumerGroup))[0]),
      ),
    );
    expect(Math.min(kept ?? 0, trimmed ?? 0)).toBeGreaterThan(0);
    await testStack.redis.xtrim('frames:trimmed', 'MAXLEN', 0);
    const startedAt = performance.now();
    await using worker = await startWorker(env);
    await waitFor('everything to be served', async () =>
      (await testStack.pending()) === 0 && (await testStack.redis.xlen('frames:kept')) === 0
        ? true
        : undefined,
    );
    const tookMs = Math.round(performance.now() - startedAt);
    expect(tookMs).toBeLessThan(100_000);
    const outcomes = await worker.metric('trinetra_worker_frames_total');
    expect(outcomes.get('{camera_id="trimmed",outcome="trimmed"}')).toBe(trimmed);
    await waitFor('the events', () => (published().size >= 6 ? true : undefined));
    expect(published()).toEqual(new Set(written.slice(0, 6)));
    await checkLedger(worker);
    report(
      'worker killed and started again under its name',
      `SIGKILL during inference with ${kept} frames held, ${trimmed} more trimmed away by MAXLEN; CLAIM_IDLE_MS=120000`,
      `its frames were served ${tookMs} ms after its start, the trimmed ones acked and counted`,
      { frames: kept ?? 0, recoveredMs: tookMs },
    );
  });

  it('is relieved of its frames by another worker within CLAIM_IDLE_MS, and forgotten', async () => {
    const env = { ...testStack.env, CLAIM_IDLE_MS: '500' };
    const written = new Set<string>();
    await using heir = await startWorker({ ...env, CONSUMER_NAME: 'heir' });
    await heir.ready();
    await using victim = await startWorker({
      ...env,
      ...injectKill('after-read'),
      CONSUMER_NAME: 'victim',
    });
    const died = once(victim.child, 'exit');
    while (victim.child.signalCode === null) {
      written.add(`cam ${await addSceneFrame(testStack.redis, written.size % 8)}`);
      await Promise.race([died, delay(30)]);
    }
    const diedAt = performance.now();
    await waitFor('its frames to be taken over', async () =>
      (await testStack.pending('victim')) === 0 ? true : undefined,
    );
    const tookMs = Math.round(performance.now() - diedAt);
    // Looked for three times in CLAIM_IDLE_MS.
    expect(tookMs).toBeLessThan(500 + 500 / 3 + 3000);
    await waitFor('every frame to be published', async () =>
      (await testStack.pending()) === 0 && published().size === written.size ? true : undefined,
    );
    await waitFor('the dead consumer to be removed', async () =>
      (await consumersOf('frames:cam')).includes('"victim"') ? undefined : true,
    );
    expect(await consumersOf('frames:cam')).toContain('"heir"');
    await checkLedger(heir);
    const takenOver = (await heir.metric('trinetra_worker_frames_reclaimed_total')).get('') ?? 0;
    expect(takenOver).toBeGreaterThan(0);
    report(
      'worker killed for good',
      'SIGKILL right after it read; CLAIM_IDLE_MS=500',
      `${takenOver} frames taken over by another worker within ${tookMs} ms; the dead consumer removed`,
      { frames: takenOver, recoveredMs: tookMs },
    );
  });

  it('is not taken for dead while its engine is slow', async () => {
    const env = { ...testStack.env, CLAIM_IDLE_MS: '500', ...injectSlowEngine(2000) };
    await using one = await startWorker({ ...env, CONSUMER_NAME: 'one' });
    await using two = await startWorker({ ...env, CONSUMER_NAME: 'two' });
    await Promise.all([one.ready(), two.ready()]);
    const written = new Set<string>();
    for (let i = 0; i < 24; i += 1) {
      written.add(`cam_${i % 8} ${await addSceneFrame(testStack.redis, i % 8, `cam_${i % 8}`)}`);
    }
    await waitFor('both to have work', async () =>
      (await testStack.pending('one')) > 0 && (await testStack.pending('two')) > 0 ? true : undefined,
    );
    await waitFor('every frame to be published', async () =>
      published().size === written.size && (await testStack.pending()) === 0 ? true : undefined,
    );
    expect(received()).toHaveLength(written.size);
    for (const worker of [one, two]) {
      expect((await worker.metric('trinetra_worker_frames_reclaimed_total')).get('') ?? 0).toBe(0);
      await checkLedger(worker);
    }
    report(
      'engine slower than CLAIM_IDLE_MS',
      'a batch of 2 s in each of 2 workers; CLAIM_IDLE_MS=500',
      `${written.size} of ${written.size} frames published once, none taken over`,
      { frames: written.size, duplicates: 0 },
    );
  });

  it('that is restarted worker by worker with SIGTERM loses and duplicates nothing', {
    timeout: 300_000,
  }, async () => {
    await using stack = new AsyncDisposableStack();
    const start = async (name: string): Promise<WorkerProcess> =>
      stack.use(await startWorker({ ...testStack.env, CONSUMER_NAME: name, ...oneThread }));
    const fleet = new Map<string, WorkerProcess>();
    const members = names.slice(0, times(2, names.length));
    for (const name of members) fleet.set(name, await start(name));
    await using load = startSteadyLoad(testStack, { cameras: 8, backlog: 30, everyMs: times(400, 20) });
    const rounds = times(1, 4);
    let busyStops = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const name of members) {
        const worker = fleet.get(name);
        if (worker === undefined) throw new Error(`expected the worker ${name}`);
        await worker.ready();
        await waitFor(`${name} to have work`, async () =>
          (await testStack.pending(name)) > 0 ? true : undefined,
        );
        if ((await testStack.pending(name)) > 0) busyStops += 1;
        expect(await worker.stop('SIGTERM'), worker.log()).toBe(0);
        expect(await testStack.pending(name)).toBe(0);
        expect(worker.log()).not.toContain('TimeoutNegativeWarning');
        fleet.set(name, await start(name));
      }
    }
    await load.stop();
    await waitFor('every entry to be published', () =>
      published().size >= load.written.size ? true : undefined,
    );
    await waitFor('nothing to be pending', async () =>
      (await testStack.pending()) === 0 ? true : undefined,
    );
    const duplicates = received().length - published().size;
    report(
      'rolling restart',
      `SIGTERM to each of ${members.length} workers in turn, ${rounds * members.length} stops under load, ${busyStops} with frames in flight`,
      `${published().size} of ${load.written.size} entries published, ${duplicates} duplicates, ${await testStack.pending()} pending`,
      { frames: load.written.size, duplicates },
    );
    expect(published()).toEqual(load.written);
    expect(duplicates).toBe(0);
    for (const worker of fleet.values()) {
      await worker.ready();
      await checkLedger(worker);
    }
  });
});
