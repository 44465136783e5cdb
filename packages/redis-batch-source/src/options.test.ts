import { describe, expect, it } from 'vitest';
import { RedisBatchSourceError } from './errors.ts';
import { defaultRedisBatchSourceOptions, parseSourceOptions } from './options.ts';

const good = { redis: { url: 'redis://localhost:6379' }, maxInFlight: 12 };

describe('options', () => {
  it('have the defaults that the README names', () => {
    expect(parseSourceOptions(good)).toMatchObject({
      streamPattern: 'frames:*',
      consumerGroup: 'inference-workers',
      claimIdleMs: 30_000,
      maxDeliveries: 3,
      deleteAcked: 'auto',
      weights: { billing: 8, others: 1 },
    });
    expect(Object.isFrozen(defaultRedisBatchSourceOptions)).toBe(true);
  });

  it('keep the other weights where one is given', () => {
    expect(parseSourceOptions({ ...good, priorityWeights: { billing: 2 } }).weights).toMatchObject({
      billing: 2,
      entrance: 6,
    });
  });

  it('name every wrong option at once, and no password', () => {
    const wrong = {
      redis: { url: 'http://user:hunter2@localhost' },
      maxInFlight: 0,
      claimIdleMs: 1,
      maxInflight: 3,
    };
    try {
      parseSourceOptions(wrong as never);
      expect.unreachable();
    } catch (error) {
      expect(RedisBatchSourceError.isInstance(error) && error.code).toBe('invalid_options');
      const { message } = error as Error;
      for (const name of ['redis.url', 'maxInFlight', 'claimIdleMs', 'maxInflight'])
        expect(message).toContain(name);
      expect(message).not.toContain('hunter2');
    }
  });
});
