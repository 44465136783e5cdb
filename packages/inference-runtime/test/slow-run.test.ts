import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onnxModel } from '@trinetra/test-support';
import { expect, it } from 'vitest';
import { useModels } from './models.ts';

const write = useModels();
const run = promisify(execFile);
const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Multiplies matrices that are made on the spot, so that one run takes long and the file is small: x is the side of them. */
const heavy = onnxModel({
  inputs: [{ name: 'x', dims: [2], type: 'int64' }],
  outputs: [{ name: 'y', dims: ['a', 'b'] }],
  nodes: [
    { op: 'ConstantOfShape', inputs: ['x'], outputs: ['zeros'] },
    ...Array.from({ length: 40 }, (_, at) => ({
      op: 'MatMul',
      inputs: ['zeros', at === 0 ? 'zeros' : `m${at}`],
      outputs: [at === 39 ? 'y' : `m${at + 1}`],
    })),
  ],
});

it('a run that takes longer than it may is given up, and never ends the process', async () => {
  const model = await write('heavy.onnx', heavy);
  const script = join(model, '..', 'slow.mts');
  // A process of its own, which an abort would end; 768 is a second of work, and the limit of a later run 250 ms.
  await writeFile(
    script,
    `import { createInferenceRuntime } from ${JSON.stringify(index)};
const stuck = [];
const runtime = await createInferenceRuntime({ runTimeoutMs: 250, intraOpThreads: 1, onStuck: () => stuck.push(1) });
const model = await runtime.loadModel(${JSON.stringify(model)});
const go = (side) => model.run({ x: { type: 'int64', data: BigInt64Array.of(side, side), dims: [2] } });
const codes = [];
for (let round = 0; round < 3; round += 1) {
  await go(8n);
  codes.push(await go(768n).then(() => 'ran', (error) => error.code));
}
const [after] = Object.values((await go(8n)).outputs);
const end = performance.now() + 60_000;
while (runtime.busyThreads > 0 && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
console.log(JSON.stringify({ codes, after: after.dims, busy: runtime.busyThreads, stuck: stuck.length }));
await runtime.close();
`,
  );
  const { stdout } = await run(process.execPath, [script]);
  const code = 'inference_timeout';
  expect(JSON.parse(stdout)).toEqual({ codes: [code, code, code], after: [8, 8], busy: 0, stuck: 0 });
});
