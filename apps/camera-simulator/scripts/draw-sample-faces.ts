import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { createCanvas } from '@napi-rs/canvas';
import { alignFace } from '../../../packages/face-geometry/src/align-face.ts';
import { drawHead } from '../src/scene/draw-head.ts';
import { createIdentity } from '../src/scene/index.ts';

/**
 * Draws the three aligned faces that prove embedders, and writes packages/embedder/src/sample-faces.ts. A
 * network for real faces tells the two people apart well: edgeface_xs gives 0.94 for the two pictures of one,
 * 0.14 for the other.
 */
const faces = [
  { id: 36, roll: 0, yaw: 0, ground: '#b9b4aa', light: null },
  { id: 36, roll: 0.15, yaw: 0.35, ground: '#6e7a86', light: 'rgba(255,255,240,0.12)' },
  { id: 37, roll: 0, yaw: 0, ground: '#b9b4aa', light: null },
];
const size = 256;

const drawn = faces.map(({ id, roll, yaw, ground, light }) => {
  const context = createCanvas(size, size).getContext('2d');
  context.fillStyle = ground;
  context.fillRect(0, 0, size, size);
  const surface = { context, width: size, height: size };
  const pose = { roll, yaw, away: false };
  const { face } = drawHead(surface, createIdentity(id), [size / 2, size / 2], 150, pose);
  context.fillStyle = light ?? 'transparent';
  context.fillRect(0, 0, size, size);
  const rgba = context.getImageData(0, 0, size, size).data;
  const data = Uint8Array.from(
    { length: size * size * 3 },
    (_, at) => rgba[4 * Math.floor(at / 3) + (at % 3)] ?? 0,
  );
  const aligned = face === null ? null : alignFace({ data, width: size, height: size }, face.landmarks);
  if (aligned === null) throw new Error('a face that looks at the camera has landmarks');
  return aligned;
});

const text = deflateSync(Buffer.concat(drawn), { level: 9 }).toString('base64');
writeFileSync(
  new URL('../../../packages/embedder/src/sample-faces.ts', import.meta.url),
  `import { inflateSync } from 'node:zlib';
import { faceValues } from './face-tensor.ts';

// Written by apps/camera-simulator/scripts/draw-sample-faces.ts: nobody's faces.
const deflated =
  '${text}';

/** Three aligned faces \`[112, 112, 3]\` RGB that were drawn: two pictures of one person, one of another. */
export function sampleFaces(): [one: Uint8Array, again: Uint8Array, other: Uint8Array] {
  const all = new Uint8Array(inflateSync(Buffer.from(deflated, 'base64')));
  const face = (index: number): Uint8Array => all.slice(index * faceValues, (index + 1) * faceValues);
  return [face(0), face(1), face(2)];
}
`,
);
