import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  expect(await runReadmeExample(new URL('../', import.meta.url))).toBe('112x112 RGB, eye at 38,52');
});
