import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  expect(await runReadmeExample(new URL('../', import.meta.url))).toBe(
    [
      '5',
      'REDIS_URL: expected an address like redis://host:6379 or rediss://host:6379',
      'BATCH_SIZE: expected a whole number in 1..64 but received "many"',
    ].join('\n'),
  );
});
