import { expect, it } from 'vitest';
import { createInferenceRuntime, createSizedRunner } from '../src/index.ts';
import { greedy, rows, useModels } from './models.ts';

const write = useModels();

it('ONNX Runtime runs out of memory: the run is halved until it fits, and the next run has that size', async () => {
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const model = await runtime.loadModel(await write('greedy.onnx', greedy(2)));
  await expect(model.run({ x: rows(...Array.from({ length: 9 }, () => 1)) })).rejects.toMatchObject({
    code: 'out_of_memory',
    retryable: true,
  });
  const runner = createSizedRunner({ maxSize: 8 });
  const sizes: number[] = [];
  const step = async (part: readonly number[]): Promise<number[]> => {
    sizes.push(part.length);
    const { outputs } = await model.run({ x: rows(...part.flatMap((value) => [value, 0, 0])) });
    return part.map((_, index) => Number(outputs['y']?.data[3 * index]));
  };
  const items = Array.from({ length: 7 }, (_, index) => index);
  const answers = items.map((item) => ({ ok: true, value: 2 * item }));
  expect(await runner.run(items, step)).toEqual(answers);
  expect(sizes.splice(0)).toEqual([7, 4, 2, 2, 2, 1]);
  expect(await runner.run(items, step)).toEqual(answers);
  expect(sizes).toEqual([2, 2, 2, 1]);
});
