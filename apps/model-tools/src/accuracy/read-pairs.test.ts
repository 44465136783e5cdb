import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@trinetra/program';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPairs } from './read-pairs.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-pairs-'));
  const pictures = [
    'Ann/Ann_0001.jpg',
    'Ann/Ann_0002.jpeg',
    'Bob_Li/Bob_Li_0001.png',
    'Bob_Li/Bob_Li_0012.jpg',
  ];
  for (const picture of pictures) {
    await mkdir(join(folder, picture, '..'), { recursive: true });
    await writeFile(join(folder, picture), '');
  }
});
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function read(text: string, images?: string): ReturnType<typeof readPairs> {
  await writeFile(at('pairs'), text);
  return readPairs(at('pairs'), images);
}

const wrong = async (text: string): Promise<string> => {
  const error = await read(text).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  return (error as UsageError).message.replaceAll(`${folder}/`, '');
};

describe('pairs.txt of LFW', () => {
  it('gives two pictures a line, with whichever extension is there, and the fold', async () => {
    const text = '2\t1\nAnn\t1\t2\nAnn\t1\tBob_Li\t1\nBob_Li\t1\t12\nAnn\t2\tBob_Li\t12\n';
    expect(await read(text)).toEqual([
      { a: at('Ann/Ann_0001.jpg'), b: at('Ann/Ann_0002.jpeg'), same: true, fold: 0 },
      { a: at('Ann/Ann_0001.jpg'), b: at('Bob_Li/Bob_Li_0001.png'), same: false, fold: 0 },
      { a: at('Bob_Li/Bob_Li_0001.png'), b: at('Bob_Li/Bob_Li_0012.jpg'), same: true, fold: 1 },
      { a: at('Ann/Ann_0002.jpeg'), b: at('Bob_Li/Bob_Li_0012.jpg'), same: false, fold: 1 },
    ]);
  });

  it.each([1, 2])(
    'may begin with the number of pairs of each kind or in all, %d, and has no folds then',
    async (count) => {
      const pairs = await read(`${count}\nAnn 1 2\nAnn 1 Bob_Li 1\n`);
      expect(pairs.map(({ same, fold }) => [same, fold])).toEqual([
        [true, null],
        [false, null],
      ]);
    },
  );

  it.each([
    ['1 1\nAnn 1 2\nAnn one Bob_Li 1', 'pairs, line 3: expected "name i j" for the same person'],
    ['1 1\nAnn 1\nAnn 1 Bob_Li 1', 'pairs, line 2: expected "name i j"'],
    ['1 1\nAnn 1 2\nAnn 1 Bob_Li 1 5', 'but received "Ann 1 Bob_Li 1 5"'],
    ['10 300\nAnn 1 2', 'pairs: expected 6000 pairs by its first line "10 300" but found 1'],
    ['5\nAnn 1 2', 'expected 5 or 10 pairs by its first line "5" but found 1'],
  ])('is refused with the line where it is broken: %j', async (text, message) => {
    expect(await wrong(text)).toContain(message);
  });
});

describe('CSV', () => {
  it('gives paths relative to its folder, or to another one, and takes 1, 0, true and false', async () => {
    const text =
      'a,b,same\r\nAnn/Ann_0001.jpg,Ann/Ann_0002.jpeg,1\r\n"Ann/Ann_0001.jpg", Bob_Li/Bob_Li_0001.png ,False\r\n';
    expect(await read(text)).toEqual([
      { a: at('Ann/Ann_0001.jpg'), b: at('Ann/Ann_0002.jpeg'), same: true, fold: null },
      { a: at('Ann/Ann_0001.jpg'), b: at('Bob_Li/Bob_Li_0001.png'), same: false, fold: null },
    ]);
    const [pair] = await read('a,b,same\nAnn_0001.jpg,Ann_0002.jpeg,true\n', at('Ann'));
    expect(pair).toMatchObject({ a: at('Ann/Ann_0001.jpg'), same: true });
  });

  it.each([
    [
      'x,y\n',
      'pairs, line 1: expected the header a,b,same, or a number as in pairs.txt of LFW, but received "x,y"',
    ],
    ['', 'line 1: expected the header'],
    ['a,b,same\n', 'pairs: expected pairs but found none'],
    [
      'a,b,same\np,q,1\np,q,maybe\n',
      'line 3: expected two paths and 1, 0, true or false but received "p,q,maybe"',
    ],
    ['a,b,same\np,q\n', 'line 2: expected two paths'],
    ['a,b,same\np,q,1,2\n', 'line 2: expected two paths'],
    ['a,b,same\n"p,q,1\n', 'Quote'],
  ])('is refused with the line where it is broken: %j', async (text, message) => {
    expect(await wrong(text)).toContain(message);
  });
});

it('tells how many pictures are missing, and one of them', async () => {
  expect(await wrong('a,b,same\nno.jpg,Ann/Ann_0001.jpg,1\nnor.jpg,no.jpg,0\n')).toBe(
    '2 of 3 pictures of pairs are missing, such as no.jpg: name their folder with --images',
  );
  expect(await wrong('1 1\nAnn 1 7\nAnn 1 Bob_Li 1')).toContain('such as Ann/Ann_0007.jpg');
});

it('says so where there is no such file', async () => {
  await expect(readPairs(at('absent.txt'))).rejects.toThrow(
    `--pairs: cannot read ${at('absent.txt')} (ENOENT)`,
  );
});
