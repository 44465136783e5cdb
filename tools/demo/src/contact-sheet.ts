import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Canvas,
  createCanvas,
  GlobalFonts,
  type Image,
  loadImage,
  type SKRSContext2D,
} from '@napi-rs/canvas';
import { createScene } from '@trinetra/camera-simulator/scene';
import type { DetectedFace, EventDetection, Size } from '@trinetra/contracts';
import type { Finding } from './ledger.ts';
import { plural } from './plural.ts';
import {
  fitInto,
  gap,
  layOutSheet,
  placeBox,
  placeLabel,
  placePoint,
  type Rectangle,
} from './sheet-layout.ts';

/** Most pictures on a sheet; a folder may hold thousands. */
const maxTiles = 48;

const colours = {
  paper: '#f6f7f9',
  ink: '#1b2430',
  quiet: '#667384',
  person: '#00b894',
  face: '#ffb020',
  landmark: '#ff3d71',
  onColour: '#06231d',
};

const font = (size: number, weight: 'normal' | 'bold' = 'normal'): string =>
  `${weight} ${size}px "DejaVu Sans", "Noto Sans", "Liberation Sans", Arial, sans-serif`;

/** Whether this machine has any font; without one the sheet has boxes but no text. */
export function hasFonts(): boolean {
  return GlobalFonts.families.length > 0;
}

/** Cuts text to a width, with an ellipsis. */
function fit(context: SKRSContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}

function drawFace(context: SKRSContext2D, face: DetectedFace, tile: Rectangle): void {
  const box = placeBox(face.bbox, tile);
  context.strokeStyle = colours.face;
  context.lineWidth = 2;
  context.strokeRect(box.x, box.y, box.width, box.height);
  const radius = Math.max(1.2, Math.min(3.2, box.width / 20));
  for (const landmark of face.landmarks) {
    const { x, y } = placePoint(landmark, tile);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = colours.landmark;
    context.fill();
    context.strokeStyle = '#ffffff';
    context.lineWidth = 0.8;
    context.stroke();
  }
}

function drawPerson(context: SKRSContext2D, { bbox }: EventDetection, tile: Rectangle): void {
  const box = placeBox(bbox, tile);
  context.strokeStyle = colours.person;
  context.lineWidth = 2.5;
  context.strokeRect(box.x, box.y, box.width, box.height);
}

function drawConfidence(context: SKRSContext2D, detection: EventDetection, tile: Rectangle): void {
  const box = placeBox(detection.bbox, tile);
  context.font = font(13, 'bold');
  const text = detection.confidence.toFixed(2);
  const size = { width: context.measureText(text).width + 10, height: 19 };
  const label = placeLabel(box, size, tile);
  context.fillStyle = colours.person;
  context.fillRect(label.x, label.y, label.width, label.height);
  context.fillStyle = colours.onColour;
  context.fillText(text, label.x + 5, label.y + 14);
}

function drawTile(context: SKRSContext2D, image: Image | Canvas, finding: Finding, tile: Rectangle): void {
  // Boxes are shares of the frame's sides, which a squash does not change.
  const view = fitInto(tile, image);
  context.save();
  context.beginPath();
  context.roundRect(view.x, view.y, view.width, view.height, 6);
  context.clip();
  context.drawImage(image, view.x, view.y, view.width, view.height);
  for (const detection of finding.detections) drawPerson(context, detection, view);
  for (const { face } of finding.detections) if (typeof face === 'object') drawFace(context, face, view);
  // Draw numbers last, the most confident on top, so that no line crosses them.
  for (const detection of finding.detections.toReversed()) drawConfidence(context, detection, view);
  context.restore();
  const faces = finding.detections.filter(({ face }) => typeof face === 'object').length;
  const base = tile.y + tile.height;
  context.fillStyle = colours.ink;
  context.font = font(16, 'bold');
  const latency = `${finding.latencyMs.toFixed(0)} ms`;
  const latencyWidth = context.measureText(latency).width;
  context.fillText(latency, tile.x + tile.width - latencyWidth, base + 22);
  context.fillText(fit(context, finding.cameraId, tile.width - latencyWidth - 16), tile.x, base + 22);
  context.fillStyle = colours.quiet;
  context.font = font(14);
  const found = `${plural(finding.detections.length, 'person')}, ${plural(faces, 'face')}`;
  context.fillText(fit(context, `${finding.image}: ${found}`, tile.width), tile.x, base + 43);
}

function drawHeader(context: SKRSContext2D, width: number, findings: readonly Finding[]): void {
  const detections = findings.flatMap((finding) => finding.detections);
  const faces = detections.filter(({ face }) => typeof face === 'object').length;
  context.fillStyle = colours.ink;
  context.font = font(24, 'bold');
  context.fillText('TRINETRA', gap, 38);
  context.fillStyle = colours.quiet;
  context.font = font(15);
  const counts = [
    plural(findings.length, 'picture'),
    plural(detections.length, 'person'),
    plural(faces, 'face'),
  ];
  context.fillText(fit(context, counts.join(', '), width - 2 * gap), gap, 63);
  let right = width - gap;
  for (const [name, colour] of [
    ['landmarks', colours.landmark],
    ['face', colours.face],
    ['person, confidence', colours.person],
  ] as const) {
    context.fillStyle = colours.quiet;
    right -= context.measureText(name).width;
    context.fillText(name, right, 38);
    context.fillStyle = colour;
    right -= 20;
    context.fillRect(right, 26, 13, 13);
    right -= 18;
  }
}

/** The camera's own picture, before it was squashed: from its file, or drawn again. */
async function pictureOf({ image, scene }: Finding, frames: string | undefined): Promise<Image | Canvas> {
  if (scene === undefined) return loadImage(join(frames ?? '.', image));
  const { camera_type: cameraType, seconds, ...rest } = scene;
  return createScene({ ...rest, cameraType }).frame(seconds).canvas;
}

/** Size, px, upright. Reads pictures one by one, because two dozen photos in memory take a gigabyte. */
async function sizeOf({ image, scene }: Finding, frames: string | undefined): Promise<Size> {
  if (scene !== undefined) return scene;
  const { width, height } = await loadImage(join(frames ?? '.', image));
  return { width, height };
}

/**
 * Draws one tile a picture: the camera's picture in its own proportions, persons with confidence, faces with
 * five landmarks, and below it the camera and the time from ingest to event.
 *
 * @param frames Folder of the pictures; undefined if all are scenes.
 * @returns PNG bytes.
 */
async function drawContactSheet(findings: readonly Finding[], frames: string | undefined): Promise<Buffer> {
  const shown = findings.slice(0, maxTiles);
  const sizes: Size[] = [];
  for (const finding of shown) sizes.push(await sizeOf(finding, frames));
  const layout = layOutSheet(sizes);
  const canvas = createCanvas(layout.width, layout.height);
  const context = canvas.getContext('2d');
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, layout.width, layout.height);
  drawHeader(context, layout.width, shown);
  for (const [index, finding] of shown.entries()) {
    const tile = layout.tiles[index];
    if (tile === undefined) throw new RangeError(`tile ${index}: expected one of ${layout.tiles.length}`);
    drawTile(context, await pictureOf(finding, frames), finding, tile);
  }
  return canvas.encode('png');
}

/** Draws the sheet into a file. */
export async function writeContactSheet(
  file: string,
  findings: readonly Finding[],
  frames: string | undefined,
): Promise<void> {
  await writeFile(file, await drawContactSheet(findings, frames));
}
