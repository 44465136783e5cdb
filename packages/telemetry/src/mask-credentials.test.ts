import { describe, expect, it } from 'vitest';
import { maskCredentials } from './mask-credentials.ts';

describe('maskCredentials', () => {
  it.each([
    ['redis://:s3cret@cache:6379', 'redis://:***@cache:6379'],
    ['redis://user:s3cret@cache/0', 'redis://user:***@cache/0'],
    ['connect to rediss://u:p@ss:w/rd@host failed', 'connect to rediss://u:***@host failed'],
    ['https://token123@host/path', 'https://***@host/path'],
    ['["redis://:a@b","kafka://c:d@e"]', '["redis://:***@b","kafka://c:***@e"]'],
    ['redis://:s3cret@a,redis://:other@b', 'redis://:***@b'],
    ['http://host/x?password=s3cret&n=1', 'http://host/x?password=***&n=1'],
    ['redis://h:6379/0?db=1&password=s3cret', 'redis://h:6379/0?db=1&password=***'],
    [
      'http://h/x?Client_Secret=a&auth=b&sentinelPassword=c',
      'http://h/x?Client_Secret=***&auth=***&sentinelPassword=***',
    ],
    ['http://h/#access_token=a;x-api-key=b', 'http://h/#access_token=***'],
    ['http://h/x?author=ana&camera=cam_pass_01', 'http://h/x?author=ana&camera=cam_pass_01'],
    ['redis://cache:6379/0', 'redis://cache:6379/0'],
    [
      'mail bob@example.com about http://host:8002/metrics',
      'mail bob@example.com about http://host:8002/metrics',
    ],
    ['http://host/path@2x:3.png', 'http://host/path@2x:3.png'],
    ['', ''],
  ])('%s -> %s', (text, masked) => {
    expect(maskCredentials(text)).toBe(masked);
  });

  it('takes linear time on text made to be slow', () => {
    const text = `${'a://'.repeat(250_000)} ${'password'.repeat(100_000)} ${'password.'.repeat(100_000)}=`;
    const start = performance.now();
    maskCredentials(text);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
