import { expect, it } from 'vitest';
import { lastSaid, startChild } from './child.ts';

it('a process that fails is told in one sentence, its last', async () => {
  const script = "console.error('loading'); console.error('no such operator'); process.exit(3)";
  await expect(startChild(process.execPath, ['-e', script], {}).finished()).rejects.toMatchObject({
    code: 'child_failed',
    message: '-e ended with 3: no such operator',
  });
});

it.each([
  ['{"level":"error","msg":"worker failed","err":{"message":"it is cut","stack":"at x"}}\n', 'it is cut'],
  ['{"level":"warn","msg":"a"}\n{"level":"error","msg":"the model is none"}\n', 'the model is none'],
  ['{"level":"err', '{"level":"err'],
  ['', ''],
])('of %j a log tells %j', (output, said) => {
  expect(lastSaid(output)).toBe(said);
});
