import { expect, it } from 'vitest';
import { endToEndHead, FakeModel, yolov8Head } from '../test/fake-model.ts';
import { readContract } from './model-contract.ts';
import { parseDetectorOptions } from './options.ts';
import { createOutputReader } from './read-output.ts';

const size = { width: 32, height: 32 };
const run = { batch: 1, frames: 1, size };

function readerOf(metadata: Record<string, string> = {}) {
  const contract = readContract(new FakeModel({ metadata }).info, [0]);
  return createOutputReader(contract, parseDetectorOptions({}), 'some.onnx');
}

const pixels = endToEndHead([[[8, 8, 24, 24, 0.75, 0]]]);
const shares = endToEndHead([[[0.5, 0.5, 0.5, 0.5, 0.75, 0]]]);
const nothing = endToEndHead([[]]);
const box = { x1: 8, y1: 8, x2: 24, y2: 24, confidence: 0.75, classId: 0, index: 0 };

it('keeps to the head that the first values showed, and refuses those of another', () => {
  for (const [first, other, problem] of [
    [pixels, shares, 'boxes lie in 0..1'],
    [shares, pixels, 'boxes lie in pixels'],
  ] as const) {
    const read = readerOf();
    expect(read(nothing, run)).toEqual([[]]);
    expect(read(first, run)).toEqual([[box]]);
    expect(read(nothing, run)).toEqual([[]]);
    expect(() => read(other, run)).toThrow(
      new RegExp(`some\\.onnx: .*${problem}.*; received float32 \\[1,300,6\\]`),
    );
    expect(read(first, run)).toEqual([[box]]);
  }
});

it('looks at the values of a head with a score a class until some were sound', () => {
  const logits = yolov8Head([Array.from({ length: 21 }, () => [16, 16, 16, 16, -4])]);
  const sound = yolov8Head([[[16, 16, 16, 16, 0.75]]]);
  const read = readerOf();
  expect(read(yolov8Head([[]]), run)).toEqual([[]]);
  expect(() => read(logits, run)).toThrow('no probabilities');
  expect(read(sound, run)).toEqual([[box]]);
  expect(read(logits, run)).toEqual([[]]);
});

it('reads the frames of a batch, and not its padding', () => {
  const head = endToEndHead([[[8, 8, 24, 24, 0.75, 0]], [[8, 8, 24, 24, 0.75, 0.5]]]);
  expect(readerOf()(head, { batch: 2, frames: 1, size })).toEqual([[box]]);
});

it('refuses a class that queries without names have not', () => {
  const { info } = new FakeModel({ output: [1, 300, 8] });
  expect(() => readContract(info, [0, 4])).toThrow('[n, queries, 9 or more] for the class 4');
  expect(readContract(info, [0, 3]).head).toBe('queries');
});
