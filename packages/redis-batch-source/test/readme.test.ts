import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { useRedis } from './harness.ts';

const { add, server } = useRedis();

it('runs the first example of the README', async () => {
  await add('cam_01', 2); // it takes one, and runs twice
  const printed = await runReadmeExample(new URL('../', import.meta.url), {
    env: { REDIS_URL: server().url },
  });
  expect(printed).toBe('frames:cam_01 camera_id cam_01');
});
