import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@trinetra/program';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCoco } from './read-coco.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-coco-'));
  for (const name of ['1.jpg', '2.jpg']) await writeFile(join(folder, name), '');
});
afterAll(() => rm(folder, { recursive: true }));

const truth = {
  images: [
    { id: 1, file_name: '1.jpg', width: 640, height: 480 },
    { id: 2, file_name: '2.jpg' },
  ],
  annotations: [
    { image_id: 1, category_id: 7, bbox: [1, 2, 30, 40] },
    { image_id: 1, category_id: 7, bbox: [5, 6, 70, 80], iscrowd: 1, segmentation: {} },
    { image_id: 1, category_id: 3, bbox: [9, 9, 9, 9], iscrowd: 0 },
  ],
  categories: [
    { id: 3, name: 'dog' },
    { id: 7, name: 'person' },
  ],
};

async function read(text: string, category = 'person'): ReturnType<typeof readCoco> {
  await writeFile(join(folder, 'truth.json'), text);
  return readCoco(join(folder, 'truth.json'), { category });
}

describe('truth in the format of COCO', () => {
  it('gives the boxes of one category by picture, and pictures without any', async () => {
    const [first, second] = await read(JSON.stringify(truth));
    expect(first).toEqual({
      file: join(folder, '1.jpg'),
      width: 640,
      height: 480,
      truths: [
        { box: [1, 2, 30, 40], crowd: false },
        { box: [5, 6, 70, 80], crowd: true },
      ],
    });
    expect(second?.truths).toEqual([]);
    expect((await read(JSON.stringify(truth), 'dog'))[0]?.truths).toHaveLength(1);
  });

  it.each([
    ['{', 'truth.json: expected JSON ('],
    ['{"images":[]}', 'truth.json: annotations: '],
    [{ ...truth, images: [], annotations: [] }, 'truth.json: expected images but found none'],
    [{ ...truth, categories: [] }, 'no category "person" among none: name one with --category'],
    [
      { ...truth, annotations: [{ image_id: 9, category_id: 7, bbox: [0, 0, 1, 1] }] },
      'annotations.0: no image has the id 9',
    ],
    [{ ...truth, annotations: [{ image_id: 1, category_id: 7, bbox: [0, 0, 1] }] }, 'annotations.0.bbox'],
    [
      { ...truth, images: [...truth.images, { id: 3, file_name: '3.jpg' }] },
      '1 of 3 pictures of truth.json are missing, such as 3.jpg',
    ],
  ])('is refused with what is wrong: %j', async (given, message) => {
    const error = await read(typeof given === 'string' ? given : JSON.stringify(given)).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message.replaceAll(`${folder}/`, '')).toContain(message);
  });
});
