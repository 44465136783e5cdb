import { silentLogger } from '@trinetra/contracts';
import { expect, it, vi } from 'vitest';
import { createFleetMember, type FleetMember, type FleetMemberOptions } from './member.ts';

/** A member whose worker is a script of one line. */
function memberOf(script: string, options: Partial<FleetMemberOptions> = {}): FleetMember {
  return createFleetMember({
    gpu: 0,
    command: [process.execPath, '-e', script],
    env: { PATH: process.env['PATH'] },
    logger: silentLogger,
    onRestart: () => undefined,
    ...options,
  });
}

it('starts a worker again and again, waits longer each time, and counts', async () => {
  const waits: number[] = [];
  const stop = new AbortController();
  let restarts = 0;
  const member = memberOf('process.exit(7)', {
    delayMs: (failures) => {
      waits.push(failures);
      if (failures === 3) stop.abort();
      return 1;
    },
    onRestart: () => {
      restarts += 1;
    },
  });
  expect(await member.run(stop.signal)).toBe(0);
  expect(waits).toEqual([1, 2, 3]);
  expect(restarts).toBe(2);
  expect(member.state()).toEqual({ state: 'ended', restarts: 2, lastEnd: 7 });
});

it('does not start a worker again that refuses its configuration', async () => {
  const member = memberOf('process.exit(2)', { delayMs: () => expect.unreachable('no restart') });
  expect(await member.run(new AbortController().signal)).toBe(2);
});

it('starts nothing once it is stopped, and tells what runs to stop', async () => {
  expect(await memberOf('process.exit(7)').run(AbortSignal.abort())).toBe(0);
  const stop = new AbortController();
  const member = memberOf(
    "process.on('message', (message) => process.exit(message.stop ? 0 : 9)); process.send({ metricsPort: 1234 })",
  );
  const end = member.run(stop.signal);
  await vi.waitFor(() => expect(member.port()).toBe(1234), { timeout: 30_000 });
  expect(member.state()).toMatchObject({ state: 'running', restarts: 0 });
  stop.abort();
  expect(await end).toBe(0);
  expect(member.port()).toBeUndefined();
});

it('tries again where the process cannot be started', async () => {
  const stop = new AbortController();
  const member = createFleetMember({
    gpu: 0,
    command: ['/no/such/program'],
    env: {},
    logger: silentLogger,
    onRestart: () => undefined,
    delayMs: () => {
      stop.abort();
      return 1;
    },
  });
  await member.run(stop.signal);
  expect(member.state().lastEnd).toMatch(/ENOENT/);
});

const silentServer = `require('node:http').createServer(() => undefined).listen(0, '127.0.0.1', function () {
  process.send({ metricsPort: this.address().port });
});`;
const watch = { intervalMs: 100, allowedMisses: 3 };

it.each([
  ['never opens its port', 'setInterval(() => undefined, 1000)'],
  ['takes questions and does not answer', silentServer],
])('ends a worker that %s', async (_what, script) => {
  const stop = new AbortController();
  const member = memberOf(script, {
    watch,
    delayMs: () => {
      stop.abort();
      return 1;
    },
  });
  await member.run(stop.signal);
  expect(member.state().lastEnd).toBe('SIGKILL');
});
