import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubling, half, useModels } from '../test/models.ts';
import { parseOnnx, readOnnxFile } from './onnx-file.ts';

describe('parseOnnx', () => {
  it('reads metadata, operators and the precision of the weights', () => {
    expect(parseOnnx(doubling)).toEqual({
      metadata: { names: "{0: 'person'}", stride: '32' },
      operators: ['Mul'],
      precision: 'fp32',
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 3] }],
    });
    expect(parseOnnx(half).operators).toEqual(['Identity', 'Neg']);
  });

  it('ends with an answer or an error for any damage, and never hangs', () => {
    fc.assert(
      fc.property(fc.nat(doubling.length - 1), fc.nat(255), fc.nat(doubling.length), (at, value, length) => {
        const damaged = Buffer.from(doubling.subarray(0, length));
        if (at < damaged.length) damaged[at] = value;
        try {
          expect(parseOnnx(damaged)).toHaveProperty('precision');
        } catch (error) {
          expect(error).toMatchObject({ code: 'model_load_failed' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('readOnnxFile', () => {
  const write = useModels();

  it('adds the SHA-256 of the file', async () => {
    const { sha256 } = await readOnnxFile(await write('doubling.onnx', doubling));
    expect(sha256).toBe(createHash('sha256').update(doubling).digest('hex'));
  });

  it('tells a file that is missing from one that is no model, and names both', async () => {
    await expect(readOnnxFile('nowhere.onnx')).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('nowhere.onnx'),
    });
    const path = await write('cut.onnx', doubling.subarray(0, 60));
    await expect(readOnnxFile(path)).rejects.toMatchObject({
      code: 'model_load_failed',
      message: expect.stringContaining(
        `${path} cannot be read: expected an ONNX model but its bytes are none`,
      ),
    });
  });
});
