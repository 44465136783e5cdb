import type { ByteInput, InferenceModel, PixelMap, TensorInfo } from '@trinetra/inference-runtime';
import { describe, expect, it } from 'vitest';
import { fakeModel, fakeScrfd, fakeYunet, scrfdOutputInfo, tensorInfo } from '../test/fake-model.ts';
import { cropSize, faceByteInput, faceSamplePicture, readFaceModel } from './face-model.ts';

const none = (): [] => [];
const model = (inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): InferenceModel =>
  fakeModel(inputs, outputs, () => ({}));
const yunetOutputs = fakeYunet(none).info.outputs;

describe('faceByteInput', () => {
  it.each([
    ['YuNet', fakeYunet(none), { mean: 0, divisor: 1 }],
    ['SCRFD', fakeScrfd(none), { mean: 127.5, divisor: 128 }],
    ['another model', model([], [tensorInfo('y', [1, 5])]), undefined],
  ] as const)('of %s', (_, { info }, expected) => expect(faceByteInput(info)).toEqual(expected));
});

it('tells what the sample picture of a model is like: levels, or what it is given of them', () => {
  const size = { width: cropSize, height: cropSize };
  expect(faceSamplePicture(fakeYunet(none).info)).toEqual({ range: [0, 255], size });
  const { info } = fakeScrfd(none);
  expect(faceSamplePicture(info)).toEqual({ range: [-127.5 / 128, 127.5 / 128], size });
  const ofBytes = info.fileInputs.map((input) => ({ ...input, type: 'uint8' }));
  expect(faceSamplePicture({ ...info, fileInputs: ofBytes })).toEqual({ range: [0, 255], size });
});

/** The same with a graph that makes -1..1 of levels. */
function scaling(given: InferenceModel): InferenceModel {
  const channel = { scale: 1 / 128, offset: -1 };
  const pixels: PixelMap = {
    steps: ['Sub', 'Div'],
    channels: [channel, channel, channel],
    swapsChannels: false,
    passes: { below0: true, above1: true },
    gain: 1 / 128,
    problem: '',
  };
  return { ...given, info: { ...given.info, pixels } };
}

describe('readFaceModel', () => {
  it('takes crops of bytes of a model that was loaded so, and of no other way to scale them', () => {
    const { info } = fakeScrfd(none);
    const inputs = [{ name: 'bytes', type: 'uint8', dims: [1, 320, 320, 3] }];
    const loaded = (byteInput: ByteInput | undefined): InferenceModel => ({
      ...fakeScrfd(none),
      info: { ...info, inputs, byteInput },
    });
    expect(readFaceModel(loaded(faceByteInput(info)))).toMatchObject({
      tensorType: 'uint8',
      format: { mean: 0, divisor: 1 },
    });
    expect(() => readFaceModel(loaded({ divisor: 1 }))).toThrow(
      'bytes that become (level - 127.5) / 128 but received {"divisor":1}; load it with byteInput: faceByteInput',
    );
    expect(readFaceModel(fakeScrfd(none)).tensorType).toBe('float32');
  });

  it('knows YuNet by the names of its outputs: BGR 0..255, 320x320 where the size is open', () => {
    expect(readFaceModel(fakeYunet(none))).toMatchObject({
      kind: 'yunet',
      input: { name: 'input' },
      fixedBatch: 1,
      format: { width: 320, height: 320, channels: 'bgr', mean: 0, divisor: 1 },
    });
  });

  it('knows SCRFD by the shapes of its outputs: RGB (x - 127.5) / 128', () => {
    expect(readFaceModel(fakeScrfd(none))).toMatchObject({
      kind: 'scrfd',
      input: { name: 'input.1' },
      fixedBatch: 1,
      format: { width: 320, height: 320, channels: 'rgb', mean: 127.5, divisor: 128 },
    });
  });

  it.each([fakeYunet(none, 1, 640), fakeScrfd(none, { size: 640 })])(
    'takes the size that the model fixes',
    (given) => {
      expect(readFaceModel(given).format).toMatchObject({ width: 640, height: 640 });
    },
  );

  it.each([
    ['an open batch', fakeYunet(none, 'batch'), null],
    ['a fixed batch of 8', fakeYunet(none, 8), 8],
    ['an open batch with batched outputs', fakeScrfd(none, { batch: 'n', batched: true }), null],
    ['an open batch with outputs of one crop', fakeScrfd(none, { batch: 'n' }), 1],
  ] as [string, InferenceModel, number | null][])(
    'reads how many crops a run has from %s',
    (_, given, batch) => {
      expect(readFaceModel(given).fixedBatch).toBe(batch);
    },
  );

  const image = tensorInfo('input', [1, 3, 320, 320]);
  it('takes channels last, halves and bytes; bytes are levels, whatever the kind of model', () => {
    const last = model([tensorInfo('input', [1, 320, 640, 3])], yunetOutputs);
    expect(readFaceModel(last)).toMatchObject({
      input: { layout: 'nhwc' },
      format: { width: 640, height: 320 },
    });
    const halves = model(
      [{ ...image, type: 'float16' }],
      scrfdOutputInfo(() => 'n'),
    );
    expect(readFaceModel(halves)).toMatchObject({ input: { type: 'float16' }, format: { mean: 127.5 } });
    const bytes = model(
      [{ ...image, type: 'uint8' }],
      scrfdOutputInfo(() => 'n'),
    );
    expect(readFaceModel(bytes)).toMatchObject({ input: { type: 'uint8' }, format: { mean: 0, divisor: 1 } });
  });

  const scrfd = scrfdOutputInfo(() => 'n');
  it.each([
    ['a body detector', model([image], [tensorInfo('output0', [1, 84, 8400])]), 'output0 [1, 84, 8400]'],
    ['SCRFD without landmarks', model([image], scrfd.slice(0, 6)), 'five landmarks'],
    ['YuNet with an output less', model([image], yunetOutputs.slice(1)), '11 outputs'],
    [
      'a size that the strides do not divide',
      model([tensorInfo('input', [1, 3, 300, 300])], scrfd),
      '[1, 3, 300, 300]',
    ],
    ['grey pictures', model([tensorInfo('input', [1, 1, 320, 320])], scrfd), '[1, 1, 320, 320]'],
    ['signed bytes', model([{ ...image, type: 'int8' }], yunetOutputs), 'int8'],
    ['a second input', model([image, tensorInfo('size', [2])], yunetOutputs), 'size [2]'],
    ['no input', model([], yunetOutputs), 'one input [n, 3, h, w]'],
    [
      'SCRFD that scales by itself',
      scaling(model([image], scrfd)),
      'scales levels 0..255 by itself (Sub, Div): export it without',
    ],
    ['a batch of 4 with outputs of one crop', fakeScrfd(none, { batch: 4 }), 'a batch of 4'],
  ] as [string, InferenceModel, string][])('refuses %s and says what it found', (_, given, message) => {
    expect(() => readFaceModel(given)).toThrow(expect.objectContaining({ code: 'model_mismatch' }));
    expect(() => readFaceModel(given)).toThrow(message);
  });
});
