import { canRunKafka } from '@trinetra/local-servers';
import { expect, it } from 'vitest';
import { checkLedger } from '../ledger.ts';
import { startSteadyLoad } from '../steady-load.ts';
import { report, times } from '../trial.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';
import { startWorld } from '../world.ts';

const kafkaHere = await canRunKafka();

it.skipIf(!kafkaHere.ok)(
  'a rolling restart of 3 workers under load loses and duplicates nothing (needs Java)',
  { timeout: 300_000 },
  async () => {
    await using world = await startWorld();
    const events = await world.collect();
    await using stack = new AsyncDisposableStack();
    const start = async (name: string): Promise<WorkerProcess> =>
      stack.use(await startWorker({ ...world.env, CONSUMER_NAME: name, INTRA_OP_THREADS: '1' }));
    const names = ['one', 'two', 'three'];
    const fleet = new Map<string, WorkerProcess>();
    for (const name of names) fleet.set(name, await start(name));
    await using load = startSteadyLoad(world, { cameras: 8, backlog: 30 });
    const rounds = times(1, 4);
    let busyStops = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) {
        const worker = fleet.get(name);
        if (worker === undefined) throw new Error(`expected the worker ${name}`);
        await worker.ready();
        await waitFor(`${name} to have work`, async () =>
          (await world.pending(name)) > 0 ? true : undefined,
        );
        if ((await world.pending(name)) > 0) busyStops += 1;
        expect(await worker.stop('SIGTERM'), worker.log()).toBe(0);
        expect(await world.pending(name)).toBe(0);
        expect(worker.log()).not.toContain('TimeoutNegativeWarning');
        fleet.set(name, await start(name));
      }
    }
    await load.stop();
    const published = (): Set<string> =>
      new Set(events.received.map(({ event }) => `${event.camera_id} ${event.frame_id}`));
    await waitFor('every entry to be published', () =>
      published().size >= load.written.size ? true : undefined,
    );
    await waitFor('nothing to be pending', async () => ((await world.pending()) === 0 ? true : undefined));
    const duplicates = events.received.length - published().size;
    report(
      'rolling restart',
      `SIGTERM to each of 3 workers in turn, ${rounds * names.length} stops under load, ${busyStops} with frames in flight`,
      `${published().size} of ${load.written.size} entries published, ${duplicates} duplicates, ${await world.pending()} pending`,
    );
    expect(published()).toEqual(load.written);
    expect(duplicates).toBe(0);
    for (const worker of fleet.values()) {
      await worker.ready();
      await checkLedger(worker);
    }
  },
);
