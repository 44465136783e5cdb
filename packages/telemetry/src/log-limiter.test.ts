import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../test/recording-logger.ts';
import { createLogLimiter } from './log-limiter.ts';

describe('createLogLimiter', () => {
  it('writes the first line of a key at once and then one per interval with the number suppressed', () => {
    const { logger, lines } = createRecordingLogger();
    let time = 0;
    const limiter = createLogLimiter(logger, { intervalMs: 1000, now: () => time });
    for (time = 0; time < 2500; time += 100) limiter.warn('kafka', { at: time }, 'unreachable');
    limiter.warn('redis', {}, 'another key is not held back');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { at: 0 },
      { at: 1000, suppressed: 9 },
      { at: 2000, suppressed: 9 },
      {},
    ]);
  });

  it('writes what it held back when it is closed, once', () => {
    const { logger, lines } = createRecordingLogger();
    const limiter = createLogLimiter(logger, { now: () => 0 });
    limiter.error('a', { n: 1 }, 'x');
    limiter.error('a', { n: 2 }, 'x');
    limiter.error('a', { n: 3 }, 'x');
    limiter.close();
    limiter.close();
    expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['error', { n: 1 }],
      ['error', { n: 3, suppressed: 2 }],
    ]);
  });

  it('remembers a bounded number of keys and loses no count when it forgets one', () => {
    const { logger, lines } = createRecordingLogger();
    const limiter = createLogLimiter(logger, { maxKeys: 2, now: () => 0 });
    for (const key of ['a', 'a', 'b', 'c']) limiter.info(key, { key }, 'x');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { key: 'a' },
      { key: 'b' },
      { key: 'c' },
      { key: 'a', suppressed: 1 },
    ]);
  });

  it('refuses an interval of nothing', () => {
    const { logger } = createRecordingLogger();
    expect(() => createLogLimiter(logger, { intervalMs: 0 })).toThrow(/^logLimiter\.intervalMs: /);
  });
});
