import { InferenceError } from '@trinetra/inference-runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectAll } from '../test/detect-all.ts';
import { type Anchor, endToEndHead, FakeModel, yolov8Head } from '../test/fake-model.ts';
import { createDetector } from './detector.ts';
import type { DetectorInput } from './detector-frame.ts';

/** A frame of the input's own size, 32x32. */
const plain = (value = 0): DetectorInput => ({
  tensor: new Float32Array(3 * 32 * 32).fill(value),
  letterbox: { scaleX: 1, scaleY: 1, left: 0, top: 0, inputWidth: 32, inputHeight: 32 },
  width: 32,
  height: 32,
});

/** As the frame-decoder fits `width` x `height` into 640x640. */
function letterboxed(width: number, height: number): DetectorInput {
  const scale = Math.min(640 / width, 640 / height);
  return {
    tensor: new Float32Array(3 * 640 * 640),
    letterbox: {
      scaleX: scale,
      scaleY: scale,
      inputWidth: 640,
      inputHeight: 640,
      left: Math.floor((640 - Math.round(width * scale)) / 2),
      top: Math.floor((640 - Math.round(height * scale)) / 2),
    },
    width,
    height,
  };
}

/** A model that finds in frame `i` of run `r` what `find(r)[i]` says. */
const finding = (
  find: (run: number) => readonly (readonly Anchor[])[],
  batch: number | string = 'batch',
  classes = 1,
): FakeModel =>
  new FakeModel({
    input: [batch, 3, 32, 32],
    respond: (count, run) => {
      const found = find(run);
      return yolov8Head(
        Array.from({ length: count }, (_, index) => found[index] ?? []),
        classes,
      );
    },
  });

describe('runs that are padded', () => {
  it('have exactly that many frames, of which the padding is cut', async () => {
    const model = finding(() => [[[16, 16, 8, 8, 0.9]], [[8, 8, 4, 4, 0.8]], [[16, 16, 8, 8, 0.9]]]);
    const detector = createDetector({ model, framesPerRun: 4, runSizes: [4] });
    const found = await detectAll(detector, [plain(1), plain(1)]);
    expect(found.map((list) => list.length)).toEqual([1, 1]);
    await detectAll(
      detector,
      Array.from({ length: 5 }, () => plain(1)),
    );
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([4, 4, 4]);
    expect(model.runs[0]?.data.subarray(2 * 3 * 32 * 32).every((value) => value === 0)).toBe(true);
  });

  it('are smaller once memory has run out', async () => {
    const sizes: number[] = [];
    const model = new FakeModel({
      input: ['batch', 3, 32, 32],
      respond: (count) => {
        sizes.push(count);
        if (count > 2) throw new InferenceError('out_of_memory', 'out of memory');
        return yolov8Head(Array.from({ length: count }, () => []));
      },
    });
    const detector = createDetector({ model, framesPerRun: 4, runSizes: [4] });
    await detectAll(detector, [plain(), plain(), plain()]);
    await detectAll(detector, [plain()]);
    expect(sizes).toEqual([4, 2, 2, 2]);
  });
});

describe('a model with open sides', () => {
  const open = (setup: Partial<ConstructorParameters<typeof FakeModel>[0]> = {}): FakeModel =>
    new FakeModel({
      input: ['batch', 3, 'height', 'width'],
      metadata: { imgsz: '[64, 64]', stride: '32' },
      respond: (count) => yolov8Head(Array.from({ length: count }, () => [[32, 16, 16, 8, 0.9]])),
      ...setup,
    });
  const sized = (inputWidth: number, inputHeight: number, value = 0.5): DetectorInput => ({
    tensor: new Float32Array(3 * inputWidth * inputHeight).fill(value),
    letterbox: { scaleX: 0.5, scaleY: 0.25, left: 0, top: 0, inputWidth, inputHeight },
    width: 128,
    height: 128,
  });
  const shapes = (model: FakeModel): string[] => model.runs.map(({ dims }) => dims.join('x')).toSorted();

  it('has a size for each aspect that will come, or its own where none is known', () => {
    const { inputSizes } = createDetector({ model: open(), aspectRatios: [16 / 9, 9 / 16] });
    expect(inputSizes.map(({ width, height }) => `${width}x${height}`)).toEqual(['64x64']); // 36 px are two strides
    const large = open({ metadata: { imgsz: '[640, 640]' } });
    const sizes = createDetector({ model: large, aspectRatios: [16 / 9, 9 / 16] }).inputSizes;
    expect(sizes.map(({ width, height }) => `${width}x${height}`)).toEqual(['640x384', '384x640', '640x640']);
    expect(createDetector({ model: large }).inputSizes).toEqual([{ width: 640, height: 640 }]);
    const fixed = new FakeModel({ input: ['batch', 3, 384, 640] });
    expect(createDetector({ model: fixed, aspectRatios: [4 / 3] }).inputSizes).toEqual([
      { width: 640, height: 384 },
    ]);
  });

  it('runs frames of one size together and pads none, and answers in their order', async () => {
    const model = open();
    const detector = createDetector({ model, aspectRatios: [2] });
    const found = await detectAll(detector, [sized(64, 32), sized(64, 64), sized(64, 32)]);
    expect(shapes(model)).toEqual(['1x3x64x64', '2x3x32x64']);
    expect(found.map((list) => list[0]?.bbox)).toEqual([
      [48, 48, 80, 80],
      [48, 48, 80, 80],
      [48, 48, 80, 80],
    ]);
  });

  it('shares a run of padded size in the smallest input that holds all', async () => {
    const model = open({
      respond: (count, run) =>
        yolov8Head(Array.from({ length: count }, (_, at) => [[32, 16, 16, 8, 0.5 + 0.1 * at + 0.01 * run]])),
    });
    const detector = createDetector({ model, framesPerRun: 4, runSizes: [4], aspectRatios: [2] });
    const found = await detectAll(detector, [sized(64, 64, 0.1), sized(64, 32, 0.2)]);
    expect(shapes(model)).toEqual(['4x3x64x64']);
    const values = [...(model.runs[0]?.data ?? [])];
    // The frame of 64x32 first: its rows at the top of each plane, grey below.
    expect(new Set(values.slice(0, 64 * 32))).toEqual(new Set([Math.fround(0.2)]));
    expect(new Set(values.slice(64 * 32, 64 * 64))).toEqual(new Set([Math.fround(114 / 255)]));
    expect(new Set(values.slice(3 * 64 * 64, 6 * 64 * 64))).toEqual(new Set([Math.fround(0.1)]));
    expect(found.map((list) => list[0]?.confidence)).toEqual([Math.fround(0.6), Math.fround(0.5)]);
  });

  it('refuses a frame of a size that it does not have, and runs the others', async () => {
    const model = open();
    const detector = createDetector({ model, aspectRatios: [2] });
    const [good, bad] = await detector.detect([sized(64, 32), sized(32, 64)]);
    expect(good?.ok).toBe(true);
    expect(bad).toMatchObject({
      ok: false,
      error: { code: 'invalid_frame', message: expect.stringContaining('64x32 or 64x64 but received 32x64') },
    });
  });
});

describe('boxes', () => {
  it.each([
    [640, 640, 0, 0],
    [1920, 1080, 0, 140],
    [500, 375, 0, 80],
    [375, 500, 80, 0],
  ])('come back to the pixels of a frame of %dx%d', async (width, height, left, top) => {
    const frame = letterboxed(width, height);
    expect(frame.letterbox).toMatchObject({ left, top });
    const fits = fc
      .tuple(fc.nat(width - 2), fc.nat(height - 2), fc.nat(), fc.nat())
      .map(([x, y, a, b]) => [x, y, x + 1 + (a % (width - x - 1)), y + 1 + (b % (height - y - 1))] as const);
    await fc.assert(
      fc.asyncProperty(fits, async (box) => {
        const { scaleX: scale } = frame.letterbox;
        const [x1, y1, x2, y2] = [
          box[0] * scale + left,
          box[1] * scale + top,
          box[2] * scale + left,
          box[3] * scale + top,
        ];
        const model = new FakeModel({
          input: ['n', 3, 640, 640],
          respond: () => yolov8Head([[[(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9]]]),
        });
        const [detections] = await detectAll(createDetector({ model }), [frame]);
        const found = detections?.[0]?.bbox ?? [];
        expect(detections).toHaveLength(1);
        for (const [axis, value] of box.entries())
          expect(Math.abs((found[axis] ?? 0) - value)).toBeLessThan(1e-3);
      }),
      { numRuns: 10 },
    );
  });

  it('are clipped to the frame, not to the model input', async () => {
    const model = new FakeModel({
      input: ['n', 3, 640, 640],
      respond: () =>
        yolov8Head([
          [
            [0, 320, 100, 1000, 0.9],
            [640, 140, 64, 64, 0.8],
          ],
        ]),
    });
    const [detections] = await detectAll(createDetector({ model }), [letterboxed(1920, 1080)]);
    expect(detections?.map(({ bbox }) => bbox)).toEqual([
      [0, 0, 150, 1080],
      [1824, 0, 1920, 96],
    ]);
  });

  it('that lie in the padding are no detections', async () => {
    const model = new FakeModel({
      input: ['n', 3, 640, 640],
      respond: () => yolov8Head([[[320, 70, 100, 140, 0.9]]]),
    });
    expect(await detectAll(createDetector({ model }), [letterboxed(1920, 1080)])).toEqual([[]]);
  });
});

describe('detections', () => {
  it('are none in an empty head, and take no run for no frames', async () => {
    const model = finding(() => []);
    const detector = createDetector({ model });
    expect(await detectAll(detector, [])).toEqual([]);
    expect(model.runs).toHaveLength(0);
    expect(await detectAll(detector, [plain(), plain()])).toEqual([[], []]);
  });

  it('are sorted, suppressed within a class and kept across classes', async () => {
    const model = finding(
      () => [
        [
          [10, 10, 8, 8, 0.5, 0.1],
          [10, 10, 8, 8, 0.1, 0.75],
          [11, 10, 8, 8, 0.875, 0.1],
        ],
      ],
      'batch',
      2,
    );
    const both = await detectAll(createDetector({ model, classIds: [0, 1] }), [plain()]);
    expect(both).toEqual([
      [
        { bbox: [7, 6, 15, 14], confidence: 0.875, classId: 0 },
        { bbox: [6, 6, 14, 14], confidence: 0.75, classId: 1 },
      ],
    ]);
    const [second] = await detectAll(createDetector({ model, classIds: [1] }), [plain()]);
    expect(second?.map(({ classId }) => classId)).toEqual([1]);
  });

  it('are as many as maxDetections, the most confident', async () => {
    const model = finding(() => [[0, 1, 2, 3].map((i) => [4 + i * 8, 10, 4, 4, 0.5 + i / 8])]);
    const [detections] = await detectAll(createDetector({ model, maxDetections: 2 }), [plain()]);
    expect(detections?.map(({ confidence }) => confidence)).toEqual([0.875, 0.75]);
  });

  it('may be none in an end-to-end head whose length is what was found', async () => {
    const model = new FakeModel({
      output: ['batch', 'found', 6],
      respond: (batch) => ({ type: 'float32', data: new Float32Array(0), dims: [batch, 0, 6] }),
    });
    expect(await detectAll(createDetector({ model }), [plain(), plain()])).toEqual([[], []]);
  });

  it('of an end-to-end head are not suppressed again', async () => {
    const rows = [
      [2, 2, 10, 10, 0.75, 0],
      [2, 2, 10, 10, 0.875, 0],
      [2, 2, 10, 10, 0.5, 1],
    ];
    const model = new FakeModel({ output: ['batch', 300, 6], respond: () => endToEndHead([rows, []]) });
    const [first, second] = await detectAll(createDetector({ model }), [plain(), plain()]);
    expect(first?.map(({ confidence }) => confidence)).toEqual([0.875, 0.75]);
    expect(first?.[0]?.bbox).toEqual([2, 2, 10, 10]);
    expect(second).toEqual([]);
    const [one] = await detectAll(createDetector({ model, maxDetections: 1 }), [plain(), plain()]);
    expect(one?.map(({ confidence }) => confidence)).toEqual([0.875]);
  });
});

describe('runs', () => {
  const at = (x: number): Anchor[] => [[x, 10, 4, 4, 0.9]];

  it('take all frames at once where the batch is symbolic, each frame in its place', async () => {
    const model = finding(() => [at(4), [], at(20)]);
    const found = await detectAll(createDetector({ model }), [plain(0.1), plain(0.2), plain(0.3)]);
    expect(found.map((list) => list[0]?.bbox[0])).toEqual([2, undefined, 18]);
    expect(model.runs.map(({ dims }) => dims)).toEqual([[3, 3, 32, 32]]);
    const values = [0, 1, 2].map((index) => model.runs[0]?.data[index * 3072 + 3071]);
    expect(values).toEqual([0.1, 0.2, 0.3].map(Math.fround));
  });

  it('of a fixed batch are padded with zeros, and what is found in the padding is dropped', async () => {
    const model = finding((run) => [at(4 + run), at(10 + run)], 2);
    const detector = createDetector({ model });
    const found = await detectAll(detector, [plain(1), plain(1), plain(1)]);
    expect(detector.batchSize).toBe(2);
    expect(found.map((list) => list.map(({ bbox }) => bbox[0]))).toEqual([[2], [8], [3]]);
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([2, 2]);
    // The buffer of the first run comes back for the second, still full of the first's frames.
    expect(model.runs[1]?.data.subarray(0, 3072).every((value) => value === 1)).toBe(true);
    expect(model.runs[1]?.data.subarray(3072).every((value) => value === 0)).toBe(true);
  });

  it('take framesPerRun frames each, at the same time, each frame in its place', async () => {
    const model = finding((run) => [at(4 + 6 * run)]);
    const found = await detectAll(createDetector({ model, framesPerRun: 1 }), [plain(), plain(), plain()]);
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([1, 1, 1]);
    expect(found.map((list) => list[0]?.bbox[0])).toEqual([2, 8, 14]);
  });

  it('end before a failure of one of them is told: the frames may be reused then', async () => {
    const ended: number[] = [];
    const model = new FakeModel({});
    model.run = async (feeds) => {
      const value = feeds['images']?.data[0] ?? 0;
      for (let turn = 0; turn < Number(value) * 10; turn += 1) await Promise.resolve();
      ended.push(Number(value));
      throw new Error(`run ${value}`);
    };
    const detecting = detectAll(createDetector({ model, framesPerRun: 1 }), [plain(1), plain(2)]);
    await expect(detecting).rejects.toThrow('run 1');
    expect(ended).toEqual([1, 2]);
  });

  it('read a frame that is alone and in shared memory where it is', async () => {
    const model = finding(() => []);
    const tensor = new Float32Array(new SharedArrayBuffer(3072 * 4)).fill(0.25);
    const frame = { ...plain(), tensor };
    const detector = createDetector({ model, framesPerRun: 1 });
    await detectAll(detector, [frame, plain()]);
    expect(model.buffers.has(tensor.buffer)).toBe(true);
    expect(model.buffers.size).toBe(2);
    expect(model.runs[0]?.data[3071]).toBe(0.25);
  });

  it('take pixels of bytes as they are where the model does, and zeros for what is missing of its batch', async () => {
    const model = new FakeModel({
      input: [2, 32, 32, 3],
      inputType: 'uint8',
      respond: (batch) => yolov8Head(Array.from({ length: batch }, () => [[16, 16, 8, 8, 0.9]])),
    });
    const detector = createDetector({ model });
    expect(detector.tensorType).toBe('uint8');
    const tensor = Uint8Array.from({ length: 3072 }, (_, at) => at % 251);
    const [found] = await detectAll(detector, [{ ...plain(), tensor }]);
    expect(found).toHaveLength(1);
    expect(model.runs[0]?.dims).toEqual([2, 32, 32, 3]);
    expect([...(model.runs[0]?.data ?? [])]).toEqual([...tensor, ...new Uint8Array(3072)]);
    await expect(detectAll(detector, [plain()])).rejects.toThrow(
      'expected 3072 numbers of uint8 for 32x32 but received 3072 of a Float32Array',
    );
  });

  it('reuse their memory', async () => {
    const model = finding(() => []);
    const detector = createDetector({ model });
    for (const count of [2, 2, 1, 2, 2])
      await detectAll(
        detector,
        Array.from({ length: count }, () => plain()),
      );
    expect(model.buffers.size).toBe(2);
  });

  it('keep no memory for batch sizes long gone', async () => {
    const model = finding(() => []);
    const detector = createDetector({ model });
    for (const count of [1, 2, 3, 1])
      await detectAll(
        detector,
        Array.from({ length: count }, () => plain()),
      );
    expect(model.buffers.size).toBe(4);
  });

  it('leave the tensors of the frames as they are', async () => {
    const frame = plain(0.5);
    await detectAll(createDetector({ model: finding(() => []) }), [frame]);
    expect(frame.tensor).toEqual(new Float32Array(3072).fill(0.5));
  });

  it('do not begin under an aborted signal, and end with its reason', async () => {
    const model = finding(() => []);
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await expect(detectAll(createDetector({ model }), [plain()], { signal })).rejects.toBe(reason);
    expect(model.runs).toHaveLength(0);
  });
});

describe('detect', () => {
  /** Finds in each frame a box at its value; throws what `fail` does for the values of a run. */
  function telling(fail: (values: readonly number[]) => void, batch: number | string = 'batch'): FakeModel {
    const model = finding(() => [], batch);
    const { run } = model;
    model.run = async (feeds, options) => {
      const result = await run.call(model, feeds, options);
      const values = Array.from({ length: feeds['images']?.dims[0] ?? 0 }, (_, index) =>
        Number(feeds['images']?.data[index * 3072]),
      );
      fail(values);
      return {
        ...result,
        outputs: { output0: yolov8Head(values.map((value) => [[value, 10, 4, 4, 0.9]])) },
      };
    };
    return model;
  }
  const outcomes = async (model: FakeModel, values: readonly number[]): Promise<unknown[]> => {
    const attempts = await createDetector({ model }).detect(values.map((value) => plain(value)));
    return attempts.map((attempt) => (attempt.ok ? attempt.value[0]?.bbox[0] : attempt.reason));
  };
  const sizes = (model: FakeModel): (number | undefined)[] => model.runs.splice(0).map(({ dims }) => dims[0]);

  it('halves a run that is refused for memory, and later runs have the size that fits', async () => {
    const model = telling((values) => {
      if (values.length > 2) throw new InferenceError('out_of_memory', 'no memory');
    });
    const resized: number[] = [];
    const observer = { succeeded() {}, failed() {}, resized: (size: number) => void resized.push(size) };
    const detector = createDetector({ model, framesPerRun: 4, observer });
    const frames = [4, 6, 8, 10, 12].map((value) => plain(value));
    for (const expected of [
      [4, 1, 2, 2],
      [2, 2, 1],
    ]) {
      const attempts = await detector.detect(frames);
      expect(attempts.map((attempt) => attempt.ok && attempt.value[0]?.bbox[0])).toEqual([2, 4, 6, 8, 10]);
      expect(sizes(model)).toEqual(expected);
    }
    expect(resized).toEqual([4, 2]);
  });

  it('fails the frame alone that does not fit alone', async () => {
    const model = telling((values) => {
      if (values.includes(8)) throw new InferenceError('out_of_memory', 'no memory');
    });
    expect(await outcomes(model, [4, 6, 8, 10])).toEqual([2, 4, 'out_of_memory', 8]);
  });

  it('does not run a fixed batch in parts: it would not get smaller', async () => {
    const model = telling(() => {
      throw new InferenceError('out_of_memory', 'no memory');
    }, 4);
    expect(await outcomes(model, [4, 6, 8, 10])).toEqual(Array.from({ length: 4 }, () => 'out_of_memory'));
    expect(sizes(model)).toEqual([4]);
  });

  it('halves a run that fails otherwise down to the frame at fault', async () => {
    const model = telling((values) => {
      if (values.includes(6)) throw new InferenceError('run_failed', 'broken');
    });
    expect(await outcomes(model, [4, 6, 8, 10])).toEqual([2, 'run_failed', 6, 8]);
    expect(sizes(model)).toEqual([4, 2, 2, 1, 1]);
  });

  it('answers for a frame that cannot be run, and runs the others', async () => {
    const model = telling(() => undefined);
    const broken = { ...plain(8), width: 0 };
    const attempts = await createDetector({ model }).detect([plain(4), broken, plain(10)]);
    expect(attempts).toMatchObject([
      { ok: true },
      { ok: false, error: { code: 'invalid_frame' } },
      { ok: true },
    ]);
    expect(sizes(model)).toEqual([2]);
  });
});

describe('refusals', () => {
  it.each<[what: string, frame: DetectorInput, message: RegExp]>([
    [
      'a tensor of another size',
      { ...plain(), tensor: new Float32Array(5) },
      /expected 3072 numbers of float32 for 32x32 but received 5/,
    ],
    [
      'a scale of 0',
      { ...plain(), letterbox: { ...plain().letterbox, scaleX: 0 } },
      /letterbox: .*"scaleX":0/,
    ],
    ['padding of NaN', { ...plain(), letterbox: { ...plain().letterbox, left: Number.NaN } }, /"left":null/],
    ['a frame without width', { ...plain(), width: 0 }, /"width":0/],
  ])('%s, before anything runs', async (_, frame, message) => {
    const model = finding(() => []);
    const detect = detectAll(createDetector({ model }), [frame]);
    await expect(detect).rejects.toMatchObject({
      code: 'invalid_frame',
      message: expect.stringMatching(message),
    });
    expect(model.runs).toHaveLength(0);
  });

  it.each([
    ['fewer frames than were given', yolov8Head([[]]), /for 2 frames; received float32 \[1,5,21\]/],
    [
      'no detections and a frame too few',
      { type: 'float32', data: new Float32Array(0), dims: [1, 0, 6] } as const,
      /for 2 frames; received float32 \[1,0,6\]/,
    ],
    ['a head without classes', yolov8Head([[], []], 0), /a class or more; received float32 \[2,4,21\]/],
    [
      'a transposed head',
      { ...yolov8Head([[], []], 26), dims: [2, 21, 30] },
      /transposed YOLOv8.*; received float32 \[2,21,30\]/,
    ],
    [
      'less data than its shape says',
      { ...yolov8Head([[]]), dims: [2, 5, 21] },
      /for 2 frames; received float32 \[2,5,21\]/,
    ],
    [
      'halves',
      { type: 'float16', data: new Uint16Array(210), dims: [2, 5, 21] } as const,
      /float32 output for 2 frames; received float16/,
    ],
  ])('a run that gives %s', async (_, head, message) => {
    const model = new FakeModel({ respond: () => head });
    await expect(detectAll(createDetector({ model }), [plain(), plain()])).rejects.toMatchObject({
      code: 'model_mismatch',
      message: expect.stringMatching(message),
    });
  });

  it('a model and options that do not fit, at once', () => {
    expect(() => createDetector({ model: new FakeModel({ output: [1, 1000] }) })).toThrow(
      /expected .* found/,
    );
    expect(() => createDetector({ model: finding(() => []), iouThreshold: 2 })).toThrow(/^iouThreshold/);
  });

  it('keeps the error of a run as it is, and works on afterwards', async () => {
    const failure = new Error('out of memory');
    const model = new FakeModel({
      respond: (_, run) => {
        if (run === 0) throw failure;
        return yolov8Head([at(4)]);
      },
    });
    const at = (x: number): Anchor[] => [[x, 10, 4, 4, 0.9]];
    const detector = createDetector({ model });
    await expect(detectAll(detector, [plain()])).rejects.toBe(failure);
    expect((await detectAll(detector, [plain()]))[0]).toHaveLength(1);
  });
});
