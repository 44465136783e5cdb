import { expect, it } from 'vitest';
import { RunQueue } from './run-queue.ts';

const thread = (name: string, up = true) => ({ name, up });

it('takes at once the thread with the fewest runs, of those that are up', () => {
  const queue = new RunQueue<ReturnType<typeof thread>>();
  const threads = [thread('down', false), thread('a'), thread('b')];
  const taken = [1, 2, 3, 4].map(() => queue.take(threads, 0));
  expect(taken).toMatchObject([{ name: 'a' }, { name: 'b' }, { name: 'a' }, { name: 'b' }]);
});

it('ends the wait of a run that is aborted, and gives its place to the next', async () => {
  const queue = new RunQueue<ReturnType<typeof thread>>();
  const only = thread('only');
  queue.take([only], 0);
  queue.take([only], 0);
  const abort = new AbortController();
  const aborted = queue.take([only], 0, abort.signal);
  const next = queue.take([only], 0);
  abort.abort(new Error('changed my mind'));
  await expect(aborted).rejects.toThrow('changed my mind');
  queue.giveBack(only);
  expect(await next).toBe(only);
});
