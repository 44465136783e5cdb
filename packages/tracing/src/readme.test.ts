import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  const printed = await runReadmeExample(new URL('../', import.meta.url));
  const spans = [...printed.matchAll(/^ {2}name: '(.*)'/gm)].map(([, name]) => name);
  expect(spans).toEqual(['queue', 'decode', 'process frame']);
});
