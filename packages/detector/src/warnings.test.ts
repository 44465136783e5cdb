import type { PixelMap } from '@trinetra/inference-runtime';
import { expect, it } from 'vitest';
import { defaultDetectorOptions } from './options.ts';
import { warningsOf } from './warnings.ts';

const bare = { pixels: null, outputs: [] };
const output = (anchors: number) => [{ name: 'output0', type: 'float32', dims: [1, 84, anchors] }];
const unknown: PixelMap = {
  steps: ['If'],
  channels: null,
  swapsChannels: false,
  passes: { below0: true, above1: true },
  gain: null,
  problem: 'If has a graph of its own',
};

it.each([
  [8400, []],
  [34000, []],
  [2100, ['its 2100 anchors are not those of a picture of 640x640']],
])('of %d anchors for 640x640 tells %j', (anchors, expected) => {
  const info = { metadata: {}, pixels: null, outputs: output(anchors) };
  const warnings = warningsOf(info, {}, defaultDetectorOptions, { width: 640, height: 640 });
  expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text)));
});

it('tells of a graph that does not tell its pixels', () => {
  const warnings = warningsOf({ ...bare, metadata: {}, pixels: unknown }, {}, defaultDetectorOptions);
  expect(warnings).toEqual([
    expect.stringContaining(
      'its graph does not tell what pixels it takes (If has a graph of its own; before its first layer: If)',
    ),
  ]);
});

it.each<[names: Record<number, string>, classIds: number[], warning: RegExp | null]>([
  [{}, [0], null],
  [{ 0: 'person', 1: 'bicycle' }, [0], null],
  [{ 0: 'Pedestrian', 1: 'people' }, [0, 1], null],
  [{ 0: ' persons ', 1: 'Women' }, [0, 1], null],
  [
    { 0: 'face' },
    [0],
    /^class 0 of this model is 'face', not a person: set CLASS_IDS to the class of persons, or/,
  ],
  [
    { 0: 'car', 1: 'person' },
    [0],
    /^class 0 of this model is 'car', not a person: set CLASS_IDS=1 for 'person'$/,
  ],
  [{ 0: 'person', 2: 'car' }, [0, 2], /^class 2 of this model is 'car', not a person: set CLASS_IDS=0/],
  [{ 0: 'head', 1: 'Mensch' }, [0, 1], /^classes 0, 1 of this model are 'head', 'Mensch', not a person/],
])('of the names %j the classes %j', (names, classIds, warning) => {
  const warnings = warningsOf({ ...bare, metadata: {} }, names, { ...defaultDetectorOptions, classIds });
  if (warning === null) expect(warnings).toEqual([]);
  else expect(warnings).toEqual([expect.stringMatching(warning)]);
});

it.each<[args: string | undefined, warning: RegExp | null]>([
  [undefined, null],
  ["{'batch': 1, 'nms': False}", null],
  ["{'nms': True, 'conf': 0.35, 'iou': 0.45}", null],
  [
    "{'nms': True, 'conf': 0.5, 'iou': 0.7}",
    /conf 0\.5 and iou 0\.7, while CONFIDENCE_THRESHOLD is 0\.35 and NMS_IOU_THRESHOLD 0\.45/,
  ],
  [
    "{'nms': True}",
    /does not tell \(0\.25 and 0\.7 where .* CONFIDENCE_THRESHOLD is 0\.35 and NMS_IOU_THRESHOLD 0\.45/,
  ],
])('of a suppression in the graph with the arguments %s', (args, warning) => {
  const warnings = warningsOf(
    { ...bare, metadata: args === undefined ? {} : { args } },
    {},
    defaultDetectorOptions,
  );
  if (warning === null) expect(warnings).toEqual([]);
  else expect(warnings).toEqual([expect.stringMatching(warning)]);
});
