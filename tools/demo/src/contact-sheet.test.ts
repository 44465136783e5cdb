import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeContactSheet } from './contact-sheet.ts';
import { fitInto, layOutSheet, placeBox, placePoint } from './sheet-layout.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contact-sheet-'));
  const picture = createCanvas(64, 32);
  picture.getContext('2d').fillStyle = '#0000ff';
  picture.getContext('2d').fillRect(0, 0, 64, 32);
  await writeFile(join(folder, 'blue.png'), await picture.encode('png'));
});
afterAll(() => rm(folder, { recursive: true }));

it('draws the picture, the box of the person and the landmarks where the event has them', async () => {
  const bbox: [number, number, number, number] = [0.2, 0.3, 0.8, 0.9];
  const landmark: [number, number] = [0.5, 0.5];
  const face = {
    bbox: [0.4, 0.4, 0.6, 0.6] as [number, number, number, number],
    landmarks: [landmark, landmark, landmark, landmark, landmark] as [
      [number, number],
      [number, number],
      [number, number],
      [number, number],
      [number, number],
    ],
    score: 0.9,
  };
  const detections = [{ track_id: 0, bbox, confidence: 0.91, class_id: 0, face }];
  const file = join(folder, 'sheet.png');
  await writeContactSheet(
    file,
    [{ image: 'blue.png', cameraId: 'cam_1', latencyMs: 12, detections }],
    folder,
  );

  const { width, height, tiles } = layOutSheet(1);
  const image = await loadImage(file);
  expect([image.width, image.height]).toEqual([width, height]);
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const colourAt = (x: number, y: number): number[] => [
    ...context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3),
  ];
  if (tiles[0] === undefined) throw new Error('expected a tile');
  const tile = fitInto(tiles[0], { width: 64, height: 32 });
  const box = placeBox(bbox, tile);
  expect(colourAt(tile.x + 20, tile.y + 20)).toEqual([0, 0, 255]);
  expect(colourAt(box.x, box.y + box.height / 2)).toEqual([0x00, 0xb8, 0x94]);
  expect(colourAt(box.x + box.width, box.y + box.height / 2)).toEqual([0x00, 0xb8, 0x94]);
  expect(colourAt(placeBox(face.bbox, tile).x, placePoint([0, 0.55], tile).y)).toEqual([0xff, 0xb0, 0x20]);
  const eye = placePoint(landmark, tile);
  expect(colourAt(eye.x, eye.y)).toEqual([0xff, 0x3d, 0x71]);
});
