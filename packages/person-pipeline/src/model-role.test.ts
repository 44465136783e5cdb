import { describe, expect, it } from 'vitest';
import { roleOf } from './model-role.ts';

describe('roleOf', () => {
  it('tells what is probably not meant with a detector', () => {
    const tensor = (name: string, ...dims: number[]) => ({ name, type: 'float32', dims });
    const inputs = [tensor('images', 1, 3, 640, 640)];
    const outputs = [tensor('output0', 1, 5, 8400)];
    const of = (names: string) => roleOf('best.onnx', { inputs, outputs, metadata: { names } });
    expect(of("{0: 'car'}")).toEqual({
      role: 'detector',
      warnings: [expect.stringContaining("class 0 of this model is 'car', not a person")],
    });
    expect(of("{0: 'person'}")).toEqual({ role: 'detector' });
  });

  it('says what each stage expected of a model that has no role', () => {
    const tensor = (name: string, ...dims: number[]) => ({ name, type: 'float32', dims });
    const description = {
      inputs: [tensor('x', 1, 3, 96, 96)],
      outputs: [tensor('y', 1, 3)],
      metadata: {},
    };
    const answer = roleOf('genderage.onnx', description);
    expect(answer).toEqual({
      role: null,
      reasons: [
        expect.stringMatching(/^face model: Expected the outputs of YuNet/),
        expect.stringMatching(/^embedder model genderage\.onnx: expected \[n, 3, 112, 112\]/),
        expect.stringMatching(/^detector model genderage\.onnx: expected an output \[n, 4 \+ classes/),
      ],
    });
  });
});
