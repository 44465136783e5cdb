import type { ByteInput, PixelMap } from '@trinetra/inference-runtime';
import { describe, expect, it } from 'vitest';
import { FakeModel, type FakeModelSetup } from '../test/fake-model.ts';
import { DetectorError } from './errors.ts';
import { parseClassNames, readContract } from './model-contract.ts';
import { detectorSamplePicture } from './model-facts.ts';

const contractOf = (setup: FakeModelSetup, classIds = [0]): ReturnType<typeof readContract> =>
  readContract(new FakeModel(setup).info, classIds);

const two = "{0: 'person', 1: 'bicycle'}";

const pixelsOf = (steps: readonly string[], scale: number): PixelMap => {
  const channel = { scale, offset: 0 };
  const passes = { below0: true, above1: true };
  return {
    steps,
    channels: [channel, channel, channel],
    swapsChannels: false,
    passes,
    gain: scale,
    problem: '',
  };
};

it('tells that the sample picture of a model has values in 0..1 and the size that it was exported for', () => {
  const { info } = new FakeModel({ input: ['n', 3, 'h', 'w'], metadata: { imgsz: '[384, 672]' } });
  expect(detectorSamplePicture(info)).toEqual({ range: [0, 1], size: { width: 672, height: 384 } });
});

describe('readContract', () => {
  it.each<[what: string, setup: FakeModelSetup, expected: object]>([
    [
      'fixed axes',
      { input: [4, 3, 480, 640], output: [4, 84, 6300] },
      { inputSize: { width: 640, height: 480 }, hasOpenSides: false, batchSize: 4 },
    ],
    ['a symbolic batch', { input: ['batch', 3, 640, 640] }, { hasOpenSides: false, batchSize: null }],
    [
      'an axis without a name',
      { input: [-1, 3, -1, -1] },
      { hasOpenSides: true, stride: 32, batchSize: null },
    ],
    [
      'symbolic sizes, height first in the metadata',
      { input: ['n', 3, 'h', 'w'], metadata: { imgsz: '[384, 672]' } },
      { inputSize: { width: 672, height: 384 }, hasOpenSides: true },
    ],
    ['class names', { metadata: { names: two } }, { classNames: { 0: 'person', 1: 'bicycle' } }],
    ['an end-to-end head', { output: [1, 300, 6], metadata: { names: two } }, { output: 'output0' }],
    ['channels last', { input: [4, 480, 640, 3] }, { inputSize: { width: 640, height: 480 }, batchSize: 4 }],
    [
      'halves',
      { inputType: 'float16', outputType: 'float16' },
      { input: { type: 'float16', layout: 'nchw' } },
    ],
    ['bytes', { inputType: 'uint8' }, { input: { name: 'images', type: 'uint8' } }],
    [
      'names as JSON, as in engines',
      { metadata: { names: '{"0":"person"}' } },
      { classNames: { 0: 'person' } },
    ],
  ])('reads %s', (_, setup, expected) => expect(contractOf(setup)).toMatchObject(expected));

  it.each<[what: string, setup: FakeModelSetup, classIds: number[], message: RegExp]>([
    ['an input of signed bytes', { inputType: 'int8' }, [0], /float32, float16 or uint8; found images int8/],
    [
      'an input without batch',
      { input: [3, 640, 640] },
      [0],
      /\[n, 3, h, w\] or .*; found images float32 \[3,640,640\]/,
    ],
    [
      'a grey input',
      { input: [1, 1, 640, 640] },
      [0],
      /\[n, 3, h, w\] or .*; found images float32 \[1,1,640,640\]/,
    ],
    [
      'a classifier',
      { output: [1, 1000] },
      [0],
      /\[n, 4 \+ classes, anchors\].*-> output0 float32 \[1,1000\]/,
    ],
    [
      'an output of whole numbers',
      { outputType: 'int32' },
      [0],
      /a float32 or float16 output .*-> output0 int32/,
    ],
    [
      'a graph that divides by itself',
      { pixels: pixelsOf(['Div'], 1 / 255) },
      [0],
      /its graph scales levels 0..255 by itself \(Div\): export it without; found images float32/,
    ],
    [
      'a graph that takes BGR',
      { pixels: { ...pixelsOf(['Gather'], 1), swapsChannels: true } },
      [0],
      /its graph swaps red and blue \(Gather\): export it without/,
    ],
    ['a head without classes', { output: [1, 4, 8400] }, [0], /with a class or more; found.*\[1,4,8400\]/],
    ['a transposed head', { output: [1, 8400, 84] }, [0], /not transposed.*\[1,8400,84\]/],
    [
      'a head with masks',
      { output: [1, 38, 8400], metadata: { names: two } },
      [0],
      /\[n, 6, anchors\] for the 2 classes .*\[1,38,8400\]/,
    ],
    [
      'a class that it has not',
      { output: [1, 6, 8400] },
      [0, 2],
      /\[n, 7 or more, anchors\] for the class 2.*\[1,6,8400\]/,
    ],
    [
      'a class that its end-to-end head has not',
      { output: [1, 300, 6], metadata: { names: two } },
      [2],
      /the class 2 of 2/,
    ],
  ])('refuses %s with the expected and the found shape', (_, setup, classIds, message) => {
    let refusal: unknown;
    try {
      contractOf(setup, classIds);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DetectorError);
    expect(refusal).toMatchObject({ code: 'model_mismatch', message: expect.stringMatching(message) });
  });
});

it('takes a model that was loaded for bytes where they become level / 255', () => {
  const { info } = new FakeModel({ input: ['n', 640, 640, 3], inputType: 'uint8' });
  const read = (byteInput: ByteInput): object => readContract({ ...info, byteInput }, [0]);
  expect(read({ divisor: 255 })).toMatchObject({ input: { type: 'uint8' } });
  for (const byteInput of [{ divisor: 1 }, { divisor: 255, mean: 127.5 }]) {
    expect(() => read(byteInput)).toThrow(`byteInput: { divisor: 255 }, not ${JSON.stringify(byteInput)}`);
  }
});

describe('parseClassNames', () => {
  it.each<[text: string | undefined, names: Record<number, string>]>([
    [undefined, {}],
    ['', {}],
    [two, { 0: 'person', 1: 'bicycle' }],
    [`{0: "driver's seat", 7: 'a \\'b\\''}`, { 0: "driver's seat", 7: "a 'b'" }],
  ])('%s', (text, names) => expect(parseClassNames(text)).toEqual(names));
});
