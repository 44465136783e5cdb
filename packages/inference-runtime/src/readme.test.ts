import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { doubling, useModels } from '../test/models.ts';

const write = useModels();

it('runs the first example of the README', async () => {
  const MODEL = await write('model.onnx', doubling);
  const printed = await runReadmeExample(new URL('../', import.meta.url), { env: { MODEL } });
  expect(printed).toBe("cpu fp32 x [ 'n', 3 ]\n[ 1, 3 ]");
});
