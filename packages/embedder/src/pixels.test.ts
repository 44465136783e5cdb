import { describe, expect, it } from 'vitest';
import { FakeModel, type FakeModelSetup, scaled } from '../test/fake-model.ts';
import { EmbedderError } from './errors.ts';
import { choosePixels, embedderByteInput, parseFacePixels, scaleName } from './pixels.ts';

const choose = (setup: FakeModelSetup) => choosePixels(new FakeModel(setup).info);
const imagenet = {
  steps: ['Sub', 'Div'],
  channels: [
    { scale: 1 / 0.229, offset: -0.485 / 0.229 },
    { scale: 1 / 0.224, offset: -0.456 / 0.224 },
    { scale: 1 / 0.225, offset: -0.406 / 0.225 },
  ],
} as const;

describe('choosePixels', () => {
  it.each<[what: string, setup: FakeModelSetup, mean: number, divisor: number, why: string]>([
    ['nothing', {}, 127.5, 127.5, "nothing in the graph scales them, InsightFace's convention"],
    [
      'an engine alone',
      { pixels: null },
      127.5,
      127.5,
      "there is no graph to read, InsightFace's convention",
    ],
    [
      'levels centred',
      { pixels: scaled(['Sub', 'Mul'], 1 / 127.5, -1) },
      0,
      1,
      'its graph (Sub, Mul) makes -1..1 of them',
    ],
    [
      'levels over 128',
      { pixels: scaled(['Sub', 'Mul'], 1 / 128, -127.5 / 128) },
      0,
      1,
      'its graph (Sub, Mul) makes -1..1 of them',
    ],
    ['levels over 255', { pixels: scaled(['Div'], 1 / 255, 0) }, 0, 1, 'its graph (Div) makes 0..1 of them'],
    [
      'levels less a mean',
      { pixels: scaled(['Sub'], 1, -127.5) },
      0,
      1,
      'its graph (Sub) makes -127.5..127.5 of them',
    ],
    [
      'a unit range centred',
      { pixels: scaled(['Sub', 'Div'], 2, -1) },
      0,
      255,
      'its graph (Sub, Div) makes -1..1 of them',
    ],
    ["ImageNet's means", { pixels: imagenet }, 0, 255, 'its graph (Sub, Div) makes -2.12..2.64 of them'],
    [
      'pixels below 0 clipped',
      { pixels: { ...scaled(['Clip'], 1, 0), passes: { below0: false, above1: false } } },
      0,
      255,
      'its graph (Clip) makes 0..1 of them',
    ],
    ['bytes', { inputType: 'uint8' }, 0, 1, 'it takes bytes'],
    [
      'a file beside the model',
      { sidecar: { pixels: 'rgb 0 255' } },
      0,
      255,
      'the JSON file beside the model says so',
    ],
  ])('reads %s', (_, setup, mean, divisor, why) => {
    expect(choose(setup)).toEqual({ pixels: { order: 'rgb', mean, divisor }, why });
  });

  it.each<[what: string, setup: FakeModelSetup, problem: string]>([
    [
      'swapped channels',
      { pixels: { ...scaled(['Gather'], 1, 0), swapsChannels: true } },
      "its graph swaps red and blue, which does not tell whether it takes RGB or BGR; before its first layer: Gather. Say how it wants its faces, order, mean and divisor: ARCFACE_INPUT='rgb 127.5 127.5', or 'bgr 127.5 127.5' where it is usually given pictures as OpenCV reads them",
    ],
    [
      'steps without a reading',
      { pixels: { steps: ['Conv'], channels: null, problem: 'they mix the channels' } },
      'its graph does not tell what pixels it takes: they mix the channels; before its first layer: Conv',
    ],
    [
      'a learned normalisation',
      { pixels: scaled(['BatchNormalization'], 3.3, -1) },
      'its graph does not tell whether it takes pixels of 0..255, 0..1 or -1..1; before its first layer: BatchNormalization',
    ],
    [
      'ranges that are as good as each other',
      { pixels: scaled(['Add'], 1, -0.5) },
      'its graph does not tell whether it takes pixels of 0..255, 0..1 or -1..1',
    ],
  ])('refuses %s', (_, setup, problem) => {
    expect(() => choose(setup)).toThrow(EmbedderError);
    expect(() => choose(setup)).toThrow(problem);
    expect(embedderByteInput(new FakeModel(setup).info)).toBeUndefined();
    const told = { order: 'bgr', mean: 1, divisor: 2 } as const;
    expect(choosePixels(new FakeModel(setup).info, told)).toEqual({ pixels: told, why: 'it was set so' });
    expect(embedderByteInput(new FakeModel(setup).info, told)).toEqual({ mean: 1, divisor: 2 });
  });
});

describe('parseFacePixels', () => {
  it.each([
    ['rgb 127.5 127.5', { order: 'rgb', mean: 127.5, divisor: 127.5 }],
    [' bgr  -1 0.5 ', { order: 'bgr', mean: -1, divisor: 0.5 }],
    ['rgb 0 0', null],
    ['rgb 1..2 3', null],
    ['gbr 0 1', null],
    ['rgb 0', null],
    ['rgb 2000 1', null],
    ['', null],
  ])('reads %j', (text, pixels) => expect(parseFacePixels(text)).toEqual(pixels));
});

describe('scaleName', () => {
  it.each([
    [{ mean: 127.5, divisor: 127.5 }, 'centred'],
    [{ mean: 0, divisor: 1 }, 'raw'],
    [{ mean: 0, divisor: 255 }, 'unit'],
    [{ mean: 127.5, divisor: 128 }, '127.5:128'],
  ])('of %o', (scale, name) => expect(scaleName(scale)).toBe(name));
});
