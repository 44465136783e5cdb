import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCameraSizes } from './camera-sizes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-sizes-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function draw(name: string, width: number, height: number, orientation = 1): Promise<void> {
  const picture = sharp({ create: { width, height, channels: 3, background: '#777' } });
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await picture.withMetadata({ orientation }).toFile(join(folder, name));
}

describe('readCameraSizes', () => {
  it('gives each camera the aspect of the pictures that it will show', async () => {
    await draw('a.jpg', 120, 80);
    await draw('b.png', 160, 90);
    await draw('c.webp', 60, 40);
    expect(await readCameraSizes(folder, 3)).toEqual(
      new Map([
        ['cam_entrance_01', { width: 120, height: 80 }],
        ['cam_billing_02', { width: 160, height: 90 }],
        ['cam_face_capture_03', { width: 120, height: 80 }],
      ]),
    );
    expect(await readCameraSizes(folder, 1)).toBe('mixed');
  });

  it('takes photos as they stand upright', async () => {
    await draw('a.jpg', 120, 80);
    await draw('b.jpg', 120, 80, 6);
    expect(await readCameraSizes(folder, 2)).toEqual(
      new Map([
        ['cam_entrance_01', { width: 120, height: 80 }],
        ['cam_billing_02', { width: 80, height: 120 }],
      ]),
    );
  });

  it('takes folders for films, which are mixed where a film that is shown has several aspects', async () => {
    await draw('door/1.jpg', 120, 80);
    await draw('door/2.jpg', 60, 40);
    await draw('till/1.jpg', 160, 90);
    await draw('till/2.jpg', 120, 80);
    expect(await readCameraSizes(folder, 1)).toEqual(
      new Map([['cam_entrance_01', { width: 120, height: 80 }]]),
    );
    expect(await readCameraSizes(folder, 2)).toBe('mixed');
  });

  it('says which picture it cannot read', async () => {
    await writeFile(join(folder, 'x.jpg'), 'not a picture');
    await expect(readCameraSizes(folder, 1)).rejects.toThrow(
      /^--frames: cannot read .*x\.jpg: .*unsupported/,
    );
  });
});
