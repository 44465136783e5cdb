import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createRecorder, sizeText } from './recorder.ts';
import type { StreamEntry } from './stream-reader.ts';

const entry = (id: number, frame: string): StreamEntry => ({
  cameraId: 'cam_a',
  frameId: `${id}-0`,
  fields: ['camera_id', 'cam_a', 'frame', frame].map((text) => Buffer.from(text)),
});

it('leaves what was written before complete where a write fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-recorder-'));
  try {
    await using recorder = await createRecorder(folder, 100_000);
    expect(await recorder.write(entry(1, 'one'))).toBe('written');
    await mkdir(join(folder, 'cam_a', '2-0.bin'));
    await expect(recorder.write(entry(2, 'two'))).rejects.toMatchObject({ code: 'unwritable' });
    expect(await recorder.write(entry(3, 'three'))).toBe('written');
    const lines = (await readFile(join(folder, 'manifest.ndjson'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).image)).toEqual(['cam_a/1-0.bin', 'cam_a/3-0.bin']);
    expect((await readdir(join(folder, 'cam_a'))).sort()).toEqual(['1-0.bin', '2-0.bin', '3-0.bin']);
    expect(recorder.counts).toMatchObject({ frames: 2, unusable: 0 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 KB'],
  [1_234_567, '1.23 MB'],
  [1e9, '1 GB'],
  [8e15, '8000 TB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
