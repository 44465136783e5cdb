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
  for (const [name, width, colour] of [
    ['blue.png', 64, '#0000ff'],
    ['green.png', 48, '#00ff00'],
  ] as const) {
    const picture = createCanvas(width, 32);
    picture.getContext('2d').fillStyle = colour;
    picture.getContext('2d').fillRect(0, 0, width, 32);
    await writeFile(join(folder, name), await picture.encode('png'));
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads a PNG; says the colour of each of its pixels. */
async function open(file: string) {
  const image = await loadImage(file);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const colourAt = (x: number, y: number): number[] => [
    ...context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data.slice(0, 3),
  ];
  return { width: image.width, height: image.height, colourAt };
}

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

  const { width, height, tiles } = layOutSheet([{ width: 64, height: 32 }]);
  const { colourAt, ...sheet } = await open(file);
  expect(sheet).toEqual({ width, height });
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

it('shows pictures and scenes side by side, each whole and in the proportions of its camera', async () => {
  const scene = { seed: 1, camera: 0, camera_type: 'entrance', width: 320, height: 180, seconds: 0 } as const;
  const common = { cameraId: 'cam_1', latencyMs: 12, detections: [] };
  const file = join(folder, 'several.png');
  const findings = [
    { ...common, image: 'blue.png' },
    { ...common, image: 'scene', scene },
    { ...common, image: 'green.png' },
  ];
  await writeContactSheet(file, findings, folder);
  const { tiles, ...size } = layOutSheet([
    { width: 64, height: 32 },
    { width: 320, height: 180 },
    { width: 48, height: 32 },
  ]);
  const { colourAt, ...sheet } = await open(file);
  expect(sheet).toEqual(size);
  for (const [index, colour] of [
    [0, [0, 0, 255]],
    [2, [0, 255, 0]],
  ] as const) {
    const tile = tiles[index];
    if (tile === undefined) throw new Error('expected a tile');
    for (const [right, bottom] of [
      [0.02, 0.5],
      [0.98, 0.5],
      [0.5, 0.02],
      [0.5, 0.98],
    ] as const) {
      expect(colourAt(tile.x + right * tile.width, tile.y + bottom * tile.height)).toEqual(colour);
    }
    expect(colourAt(tile.x + tile.width + 4, tile.y + tile.height / 2)).toEqual([0xf6, 0xf7, 0xf9]);
  }
});
