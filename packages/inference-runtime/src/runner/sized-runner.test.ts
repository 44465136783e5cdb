import type { Result } from '@trinetra/contracts';
import { describe, expect, it, vi } from 'vitest';
import { InferenceError, type InferenceErrorCode } from '../errors.ts';
import { createSizedRunner, type RunObserver, type SizedRunnerOptions } from './sized-runner.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const fail = (code: InferenceErrorCode): never => {
  throw new InferenceError(code, code);
};

/** An engine in whose memory `capacity` items fit; it keeps the parts that it was given. */
function engine(capacity: number) {
  const parts: number[][] = [];
  const state = { capacity, parts };
  const step = async (part: readonly number[]): Promise<number[]> => {
    parts.push([...part]);
    if (part.length > state.capacity) fail('out_of_memory');
    return part.map((item) => item * 10);
  };
  return Object.assign(state, { step, sizes: () => parts.splice(0).map(({ length }) => length) });
}

function observed(options: Omit<SizedRunnerOptions, 'observer'>) {
  const observer = { succeeded: vi.fn(), failed: vi.fn(), resized: vi.fn() } satisfies RunObserver;
  return { runner: createSizedRunner({ ...options, observer }), observer };
}

const codes = (results: readonly Result<unknown>[]): string[] =>
  results.map((result) => (result.ok ? 'ok' : result.reason));

describe('memory that runs out', () => {
  it.each([false, true])('halves a run until it fits, and keeps the order (overlap: %s)', async (overlap) => {
    const gpu = engine(2);
    const { runner, observer } = observed({ maxSize: 8, overlap });
    const attempts = await runner.run(range(8), gpu.step);
    expect(attempts).toEqual(range(8).map((item) => ({ ok: true, value: item * 10 })));
    expect(runner.limit).toBe(2);
    expect(observer.resized.mock.calls).toEqual([[8], [4], [2]]);
    expect(observer.failed.mock.calls.every(([, final]) => final === false)).toBe(true);
  });

  it('is not met again: later runs have the size that fits at once', async () => {
    const gpu = engine(3);
    const runner = createSizedRunner({ maxSize: 8 });
    await runner.run(range(8), gpu.step);
    expect(gpu.sizes()).toEqual([8, 4, 2, 2, 2, 2]);
    await runner.run(range(5), gpu.step);
    expect(gpu.sizes()).toEqual([2, 2, 1]);
  });

  it('grows back to a size that runs are padded to, and to no other', async () => {
    const gpu = engine(4);
    const { runner, observer } = observed({ maxSize: 16, sizes: [1, 4, 16] });
    await runner.run(range(16), gpu.step);
    expect(runner.limit).toBe(4);
    gpu.capacity = 16;
    for (let run = 0; run < 200; run += 1) await runner.run(range(4), gpu.step);
    expect(observer.resized.mock.calls.at(-1)).toEqual([16]);
  });

  it('costs only the item that does not fit alone', async () => {
    const runner = createSizedRunner({ maxSize: 4 });
    const attempts = await runner.run(range(4), async (part) =>
      part.includes(2) ? fail('out_of_memory') : part,
    );
    expect(codes(attempts)).toEqual(['ok', 'ok', 'out_of_memory', 'ok']);
    expect(runner.limit).toBe(1);
  });

  it('is final where a model fixes its batch: a smaller part is the same run', async () => {
    const gpu = engine(3);
    const { runner, observer } = observed({ maxSize: 4, minSize: 4 });
    expect(codes(await runner.run(range(4), gpu.step))).toEqual(range(4).map(() => 'out_of_memory'));
    expect(gpu.sizes()).toEqual([4]);
    expect(runner.limit).toBe(4);
    expect(observer.failed.mock.calls.map(([, final]) => final)).toEqual([true]);
  });
});

describe('growth', () => {
  const runsAtLimit = async (
    count: number,
    runner: ReturnType<typeof createSizedRunner>,
    gpu: ReturnType<typeof engine>,
  ): Promise<void> => {
    for (let left = count; left > 0; left -= 1) await runner.run(range(runner.limit), gpu.step);
  };

  it('is one item after 200 runs at the limit, up to where it began', async () => {
    const gpu = engine(2);
    const { runner, observer } = observed({ maxSize: 4 });
    await runner.run(range(4), gpu.step); // two of these runs pass at the limit
    gpu.capacity = 100;
    await runsAtLimit(197, runner, gpu);
    expect(runner.limit).toBe(2);
    await runsAtLimit(1, runner, gpu);
    expect(runner.limit).toBe(3);
    await runsAtLimit(1000, runner, gpu);
    expect(runner.limit).toBe(4);
    expect(observer.resized.mock.calls).toEqual([[4], [2], [3], [4]]);
  });

  it('does not come of runs below the limit', async () => {
    const gpu = engine(2);
    const runner = createSizedRunner({ maxSize: 4 });
    await runner.run(range(4), gpu.step);
    for (let left = 500; left > 0; left -= 1) await runner.run(range(1), gpu.step);
    expect(runner.limit).toBe(2);
  });

  it('that fails goes back to what fitted, costs one run, and waits twice as long each time', async () => {
    const gpu = engine(3);
    const runner = createSizedRunner({ maxSize: 8 });
    await runner.run(range(8), gpu.step);
    await runsAtLimit(196, runner, gpu);
    expect(runner.limit).toBe(3); // from 2
    await runsAtLimit(200, runner, gpu);
    expect(runner.limit).toBe(4); // one too many
    gpu.sizes();
    expect(codes(await runner.run(range(4), gpu.step))).toEqual(range(4).map(() => 'ok'));
    expect(gpu.sizes()).toEqual([4, 2, 2]);
    expect(runner.limit).toBe(3);
    await runsAtLimit(399, runner, gpu);
    expect(runner.limit).toBe(3);
    await runsAtLimit(1, runner, gpu);
    expect(runner.limit).toBe(4);
  });

  it('is undone by half where even the size that fitted no longer does', async () => {
    const gpu = engine(4);
    const runner = createSizedRunner({ maxSize: 8 });
    await runner.run(range(8), gpu.step);
    gpu.capacity = 1;
    await runner.run(range(4), gpu.step);
    expect(runner.limit).toBe(1);
  });
});

describe('another failure', () => {
  const broken = (culprit: number) => async (part: readonly number[]) =>
    part.includes(culprit) ? fail('run_failed') : part;

  it('is the failure of the whole run where it is not to be halved', async () => {
    const attempts = await createSizedRunner({ maxSize: 2 }).run(range(4), broken(1));
    expect(codes(attempts)).toEqual(['run_failed', 'run_failed', 'ok', 'ok']);
  });

  it.each(range(5))('is halved down to item %i at fault, and does not touch the limit', async (culprit) => {
    const step = vi.fn(broken(culprit));
    const { runner, observer } = observed({ maxSize: 5, onError: 'halve' });
    const attempts = await runner.run(range(5), step);
    expect(codes(attempts)).toEqual(range(5).map((item) => (item === culprit ? 'run_failed' : 'ok')));
    expect(step.mock.calls.length).toBeLessThanOrEqual(9);
    expect(runner.limit).toBe(5);
    expect(observer.failed.mock.calls.filter(([, final]) => final)).toHaveLength(1);
  });

  it.each(['closed', 'inference_timeout', 'engine_restarting'] as const)(
    '%s is not tried again',
    async (code) => {
      const step = vi.fn(async () => fail(code));
      const attempts = await createSizedRunner({ maxSize: 4, onError: 'halve' }).run(range(4), step);
      expect(codes(attempts)).toEqual(range(4).map(() => code));
      expect(step).toHaveBeenCalledOnce();
    },
  );

  it('that crashed the thread is tried once more item by item: only the culprit fails, with two crashes', async () => {
    const crashes: number[][] = [];
    const attempts = await createSizedRunner({ maxSize: 4 }).run(range(4), async (part) => {
      if (!part.includes(3)) return part;
      crashes.push([...part]);
      return fail('engine_crashed');
    });
    expect(codes(attempts)).toEqual(['ok', 'ok', 'ok', 'engine_crashed']);
    expect(crashes).toEqual([[0, 1, 2, 3], [3]]);
  });

  it('of a run that had not begun is none: it runs again, within bounds', async () => {
    let displaced = 3;
    const { runner, observer } = observed({ maxSize: 4 });
    const attempts = await runner.run(range(2), async (part) => {
      displaced -= 1;
      return displaced >= 0 ? fail('not_begun') : part;
    });
    expect(codes(attempts)).toEqual(['ok', 'ok']);
    expect(observer.failed).not.toHaveBeenCalled();
    const never = vi.fn(async () => fail('not_begun'));
    expect(codes(await runner.run([1], never))).toEqual(['not_begun']);
    expect(never).toHaveBeenCalledTimes(17);
  });
});

it('rejects with the reason of a signal, and runs nothing more', async () => {
  const stop = new AbortController();
  const step = vi.fn(async (part: readonly number[]) => {
    stop.abort(new Error('stop'));
    return part;
  });
  await expect(createSizedRunner({ maxSize: 1 }).run(range(3), step, stop.signal)).rejects.toThrow('stop');
  expect(step).toHaveBeenCalledOnce();
});

it('runs nothing for no items', async () => {
  const step = vi.fn(async () => []);
  expect(await createSizedRunner({ maxSize: 4 }).run([], step)).toEqual([]);
  expect(step).not.toHaveBeenCalled();
});
