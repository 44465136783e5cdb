import { type Logger, silentLogger, type Xyxy } from '@trinetra/contracts';
import { InferenceError } from '@trinetra/inference-runtime';
import { describe, expect, it, vi } from 'vitest';
import { alignOne } from '../test/align-one.ts';
import { faceIn, fakeYunet } from '../test/fake-model.ts';
import { found, image } from '../test/scenes.ts';
import { createFaceAligner } from './face-aligner.ts';

describe('runs', () => {
  const face = faceIn([10, 10, 60, 60], 0.9);
  /** Persons of 160x160 side by side, each with a face of its own. */
  const persons = [0, 1, 2, 3, 4].map((at): Xyxy => [at * 160, 0, at * 160 + 160, 160]);

  it('are none for no persons', async () => {
    const model = fakeYunet(() => [face], 'batch');
    expect(await alignOne(createFaceAligner({ model }), image, [])).toEqual([]);
    expect(model.runs).toEqual([]);
  });

  it('hold up to 4 crops where the model has a batch axis, else one; results keep the order', async () => {
    const [batched, single] = [fakeYunet(() => [face], 'batch'), fakeYunet(() => [face])];
    const many = await alignOne(createFaceAligner({ model: batched }), image, persons);
    const one = await alignOne(createFaceAligner({ model: single }), image, persons);
    expect(batched.runs.map(({ dims }) => dims[0])).toEqual([4, 1]);
    expect(single.runs.map(({ dims }) => dims[0])).toEqual([1, 1, 1, 1, 1]);
    expect(many.map((result) => Math.round(found(result).bbox[0]))).toEqual([5, 165, 325, 485, 645]);
    expect(many).toEqual(one);
  });

  it('are shared by the persons of several pictures, and padded to the sizes that are given', async () => {
    const model = fakeYunet(() => [face], 'batch');
    const aligner = createFaceAligner({ model, runSizes: [1, 4, 16] });
    const pictures = [
      { image, persons },
      { image, persons: [] },
      { image: { ...image, pixelAspectRatio: 2 }, persons: persons.slice(1, 3) },
    ];
    const results = await aligner.align(pictures);
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([16]);
    const each = createFaceAligner({ model: fakeYunet(() => [face]) });
    const alone = pictures.map((picture) => alignOne(each, picture.image, picture.persons));
    expect(results).toEqual(await Promise.all(alone));
    expect(results.map((list) => list.length)).toEqual([5, 0, 2]);
  });

  it('hold as many crops as the model fixes, the rest 0', async () => {
    const model = fakeYunet(() => [face], 3);
    const results = await alignOne(createFaceAligner({ model }), image, persons);
    expect(results.map((result) => Math.round(found(result).bbox[0]))).toEqual([5, 165, 325, 485, 645]);
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([3, 3]);
    expect(model.runs[1]?.data.subarray(2 * 3 * 320 * 320).every((value) => value === 0)).toBe(true);
  });

  it('reuse the buffer that comes back without a trace of the crop before', async () => {
    const model = fakeYunet(() => []);
    const aligner = createFaceAligner({ model });
    await alignOne(aligner, image, [[0, 0, 320, 320]]);
    await alignOne(aligner, image, [[0, 0, 100, 320]]);
    const fresh = fakeYunet(() => []);
    await alignOne(createFaceAligner({ model: fresh }), image, [[0, 0, 100, 320]]);
    expect(model.runs[1]?.data).toEqual(fresh.runs[0]?.data);
  });

  it('may overlap: two images at once do not share a buffer', async () => {
    const model = fakeYunet(() => []);
    const aligner = createFaceAligner({ model });
    await alignOne(aligner, image, [[0, 0, 320, 320]]); // its buffer is back, and only one of the two may have it
    const white = { data: new Uint8Array(400 * 400 * 3).fill(255), width: 400, height: 400 };
    const black = { ...white, data: new Uint8Array(400 * 400 * 3) };
    await Promise.all([white, black].map((picture) => alignOne(aligner, picture, [[0, 0, 400, 400]])));
    expect(model.runs.slice(1).map(({ data }) => new Set(data))).toEqual([new Set([255]), new Set([0])]);
  });

  it('that fail cost only their own person', async () => {
    const model = fakeYunet((run) => {
      if (run === 1) throw new Error('out of memory');
      return [face];
    });
    const results = await alignOne(createFaceAligner({ model }), image, persons.slice(0, 3));
    expect(results.map((result) => (result.ok ? 'found' : result.reason))).toEqual([
      'found',
      'failed',
      'found',
    ]);
  });

  it('that fail as a batch are halved down to the crop at fault, and told to the logger once', async () => {
    const warn = vi.fn<Logger['warn']>();
    const model = fakeYunet((run) => {
      if (run < 3) throw new Error('broken');
      return [face];
    }, 'batch');
    const logger = { ...silentLogger, warn };
    const results = await alignOne(createFaceAligner({ model, logger }), image, persons.slice(0, 4));
    expect(results.map((result) => (result.ok ? 'found' : result.reason))).toEqual([
      'failed',
      'found',
      'found',
      'found',
    ]);
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([4, 2, 1, 1, 2]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ failed: 1, persons: 4 });
  });

  it('that are refused for memory are halved, and later runs have the size that fits', async () => {
    const model = fakeYunet(() => [face], 'batch');
    const refusing = {
      ...model,
      run: (async (feeds, options) => {
        if ((feeds['input']?.dims[0] ?? 0) > 2) throw new InferenceError('out_of_memory', 'no memory');
        return model.run(feeds, options);
      }) satisfies typeof model.run,
    };
    const observer = { succeeded: vi.fn(), failed: vi.fn(), resized: vi.fn() };
    const aligner = createFaceAligner({ model: refusing, observer });
    for (const _ of [1, 2]) {
      const results = await alignOne(aligner, image, persons);
      expect(results.every((result) => result.ok)).toBe(true);
    }
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([2, 2, 1, 2, 2, 1]);
    expect(observer.failed).toHaveBeenCalledTimes(1);
    expect(observer.resized.mock.calls).toEqual([[4], [2]]);
  });

  it('end where the signal is aborted, and its reason is thrown', async () => {
    const controller = new AbortController();
    const model = fakeYunet(() => {
      controller.abort(new Error('shutting down'));
      return [face];
    });
    const { signal } = controller;
    const pending = alignOne(createFaceAligner({ model }), image, persons, { signal });
    await expect(pending).rejects.toThrow('shutting down');
    expect(model.runs).toHaveLength(1);
  });
});
