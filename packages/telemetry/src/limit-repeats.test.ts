import { expect, it } from 'vitest';
import { createRecordingLogger } from '../test/recording-logger.ts';
import { limitRepeats } from './limit-repeats.ts';
import { createLogLimiter } from './log-limiter.ts';

it('writes each kind once per interval, however the kinds take turns and their numbers change', () => {
  const { logger, lines } = createRecordingLogger();
  let time = 0;
  using limiter = createLogLimiter(logger, { intervalMs: 60_000, now: () => time });
  const { warn } = limitRepeats(logger, limiter);
  for (; time < 65_000; time += 2500) {
    warn({ error: `All sentinels are unreachable. Retrying after ${time} ms` }, 'Redis cannot be reached');
    warn({ error: 'connect ECONNREFUSED 10.0.0.1:6379' }, 'Redis cannot be reached');
    warn({ err: new Error('connect ECONNREFUSED 10.0.0.1:6379') }, 'reading failed');
  }
  const count = (message: string): number => lines.filter((line) => line.message === message).length;
  expect(count('Redis cannot be reached')).toBe(4);
  expect(count('reading failed')).toBe(2);
  expect(lines.at(-1)?.fields).toMatchObject({ suppressed: 23 });
});

it('lets lines pass that tell of no error, and what is no warning', () => {
  const { logger, lines } = createRecordingLogger();
  using limiter = createLogLimiter(logger, { now: () => 0 });
  const limited = limitRepeats(logger, limiter);
  for (const camera of ['a', 'b']) limited.warn({ camera }, 'pending entries ended unprocessed');
  for (const error of ['x', 'x']) limited.info({ error }, 'connected again');
  expect(lines).toHaveLength(4);
});
