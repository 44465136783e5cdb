import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { camerasOf } from './options.ts';
import { readSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'trinetra-source-'));
for (const name of ['film.mp4', 'a=b.mp4', '-x.mp4', 'concat:a']) writeFileSync(join(folder, name), '');
afterAll(() => rmSync(folder, { recursive: true }));

describe('readSource', () => {
  it.each([
    ['film.mp4', { name: undefined, kind: 'film', input: join(folder, 'film.mp4'), shown: 'film.mp4' }],
    ['door=film.mp4', { name: 'door', kind: 'film' }],
    ['Front Door 1.OG=./film.mp4', { name: 'Front Door 1.OG' }],
    ['./a=b.mp4', { name: undefined, input: join(folder, 'a=b.mp4') }],
    ['x=a=b.mp4', { name: 'x', input: join(folder, 'a=b.mp4') }],
    ['-x.mp4', { kind: 'film', input: join(folder, '-x.mp4') }],
    ['concat:a', { kind: 'film', input: join(folder, 'concat:a') }],
    ['.', { kind: 'folder', input: folder }],
    [`file://${folder}/film.mp4`, { kind: 'film', input: join(folder, 'film.mp4') }],
    ['/dev/null', { kind: 'device', input: '/dev/null' }],
    [
      'rtsp://a:b@cam/x?c=1',
      { name: undefined, kind: 'camera', input: 'rtsp://a:b@cam/x?c=1', shown: 'rtsp://cam' },
    ],
    ['door=RTSP://cam/x?c=1', { name: 'door', kind: 'camera', input: 'RTSP://cam/x?c=1' }],
    ['http://cam/mjpeg', { kind: 'camera' }],
    ['https://host/film.MP4?x', { kind: 'film' }],
    ['https://host/live.m3u8', { kind: 'playlist' }],
  ])('reads %s', async (text, expected) => {
    expect(await readSource(text, folder)).toMatchObject(expected);
  });

  it.each([
    ['', /^expected an address, a file, a device or a folder but received nothing$/],
    ['none.mp4', /^none\.mp4: expected .* but there is none of that name$/],
    ['ftp://a:hush@host/x', /^ftp:\/\/host: expected an address of rtsp, .* or https, a file/],
    ['concat:hush|b', /^concat:\.\.\.: expected/],
    ['subfile,,start,0,end,9,,:hush', /none of that name/],
    ['=film.mp4', /^=: expected 1 to 200 bytes/],
    ['_other=film.mp4', /^_other=: expected another name/],
  ])('refuses %s', async (text, message) => {
    await expect(readSource(text, folder)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(message) }),
    );
  });
});

describe('camerasOf', () => {
  it('names cameras as they were told to, or by type and number, and refuses a name twice', async () => {
    const [named, other] = await Promise.all(
      ['door=film.mp4', 'film.mp4'].map((text) => readSource(text, folder)),
    );
    if (named === undefined || other === undefined) throw new Error('expected two');
    const ids = (sources: (typeof named)[]) =>
      camerasOf(sources, ['billing', 'others']).map(({ id, type }) => [id, type]);
    expect(ids([named, other])).toEqual([
      ['door', 'billing'],
      ['cam_others_02', 'others'],
    ]);
    expect(() => ids([named, named])).toThrow(/^door=: expected a name that no other camera has$/);
  });
});
