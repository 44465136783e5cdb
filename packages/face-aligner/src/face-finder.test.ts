import { describe, expect, it } from 'vitest';
import { alignOne } from '../test/align-one.ts';
import { faceIn, fakeYunet } from '../test/fake-model.ts';
import { expectBox, found, image } from '../test/scenes.ts';
import { createFaceAligner } from './face-aligner.ts';
import { createFaceFinder } from './face-finder.ts';

const square = {
  data: image.data.slice(0, 320 * 320 * 3),
  width: 320,
  height: 320,
};

describe('the faces of a picture', () => {
  it('are all told, the largest first, whatever their scores', async () => {
    const faces = [
      faceIn([10, 10, 60, 60], 0.95),
      faceIn([100, 100, 220, 220], 0.7),
      faceIn([250, 20, 310, 80], 0.9),
    ];
    const all = await createFaceFinder({ model: fakeYunet(() => faces) }).find(square);
    expect(all).toHaveLength(3);
    expectBox(found(all[0]).bbox, [100, 100, 220, 220]);
    expectBox(found(all[1]).bbox, [250, 20, 310, 80]);
    expectBox(found(all[2]).bbox, [10, 10, 60, 60]);
  });

  it('are found and aligned as that of a person whose box is the picture', async () => {
    const model = (): ReturnType<typeof fakeYunet> => fakeYunet(() => [faceIn([100, 100, 220, 220], 0.7)]);
    const [wanted] = await alignOne(createFaceAligner({ model: model() }), square, [[0, 0, 320, 320]]);
    expect(await createFaceFinder({ model: model() }).find(square)).toEqual([wanted]);
  });

  it('are none where none reaches the threshold, and too small below minFacePx', async () => {
    const model = (): ReturnType<typeof fakeYunet> => fakeYunet(() => [faceIn([100, 100, 130, 130], 0.7)]);
    expect(await createFaceFinder({ model: model(), scoreThreshold: 0.71 }).find(square)).toEqual([]);
    expect(await createFaceFinder({ model: model(), minFacePx: 31 }).find(square)).toEqual([
      { ok: false, reason: 'too_small' },
    ]);
  });

  it('are looked for with options in range only', () => {
    expect(() => createFaceFinder({ model: fakeYunet(() => []), minFacePx: 0 })).toThrow(/^minFacePx: /);
  });
});
