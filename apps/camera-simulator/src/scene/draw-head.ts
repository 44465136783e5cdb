import type { Identity } from './identity.ts';
import { type Box, type Surface, TrackingPen } from './tracking-pen.ts';

/** How a head is held. */
export interface HeadPose {
  /** Clockwise on the picture, radians. */
  readonly roll: number;
  /** -1 (looks to the picture's left) .. 1. */
  readonly yaw: number;
  /** Back to the camera: no face is seen. */
  readonly away: boolean;
}

type Point = [x: number, y: number];

/** Five points as the ArcFace template orders them: the eye on the picture's left, the other, nose, mouth corners. */
export type FivePoints = [Point, Point, Point, Point, Point];

export interface DrawnHead {
  readonly box: Box;
  readonly face: { readonly bbox: Box; readonly landmarks: FivePoints } | null;
}

function drawHairBehind(pen: TrackingPen, { hair, hairStyle }: Identity, rx: number, ry: number): void {
  if (hairStyle === 'long') {
    pen.ellipse(0, ry * 0.25, rx * 1.28, ry * 1.3, hair);
  } else if (hairStyle === 'curls') {
    for (let turn = 0; turn < 9; turn += 1) {
      const angle = Math.PI * (0.95 + (turn / 8) * 1.1);
      pen.ellipse(
        rx * 0.95 * Math.cos(angle),
        ry * 0.9 * Math.sin(angle) - ry * 0.05,
        rx * 0.38,
        rx * 0.38,
        hair,
      );
    }
  } else if (hairStyle === 'bun') {
    pen.ellipse(0, -ry * 1.12, rx * 0.42, rx * 0.42, hair);
  }
}

function drawHairInFront(pen: TrackingPen, { hair, hairStyle, top }: Identity, rx: number, ry: number): void {
  if (hairStyle === 'bald') return;
  if (hairStyle === 'cap') {
    pen.halfEllipse(0, -ry * 0.32, rx * 1.08, ry * 0.78, 'upper', top);
    pen.line([-rx * 1.05, -ry * 0.32], [rx * 1.05, -ry * 0.32], ry * 0.1, '#1b1b1b');
    return;
  }
  pen.halfEllipse(0, -ry * 0.42, rx * 1.04, ry * 0.64, 'upper', hair);
  if (hairStyle === 'fringe') {
    pen.polygon(
      [
        [-rx * 1.02, -ry * 0.45],
        [rx * 1.02, -ry * 0.45],
        [rx * 0.2, -ry * 0.22],
        [-rx * 0.95, -ry * 0.2],
      ],
      hair,
    );
  }
}

function drawFace(pen: TrackingPen, look: Identity, rx: number, ry: number, yaw: number): FivePoints {
  const shift = yaw * rx * 0.3;
  const narrow = 1 - 0.25 * Math.abs(yaw);
  const eyeY = -ry * 0.12;
  const half = look.eyeDistance * rx * narrow;
  const size = look.eyeSize * ry;
  const noseY = eyeY + look.noseLength * ry * 2;
  const mouthY = Math.min(ry * 0.62, noseY + ry * 0.24);
  const mouth = look.mouthWidth * rx * narrow;
  const noseX = shift * 1.25;

  if (look.beard === 'full') pen.halfEllipse(shift * 0.3, ry * 0.2, rx * 0.96, ry * 0.79, 'lower', look.hair);
  if (look.beard === 'goatee') pen.ellipse(shift, mouthY + ry * 0.14, mouth * 0.8, ry * 0.2, look.hair);
  for (const side of [-1, 1]) {
    const x = shift + side * half;
    pen.ellipse(x, eyeY, size * 1.35, size * 0.85, '#fbfbf7');
    pen.ellipse(x + yaw * size * 0.3, eyeY, size * 0.62, size * 0.72, look.eyeColour);
    const tilt = side * look.browTilt * size;
    const browY = eyeY - size * 1.9;
    pen.line(
      [x - size * 1.4, browY - tilt],
      [x + size * 1.4, browY + tilt],
      look.brow * ry * 1.6,
      look.hairStyle === 'bald' ? '#4a3526' : look.hair,
    );
    if (look.glasses !== null) pen.ring(x, eyeY, size * 1.75, Math.max(1, ry * 0.035), look.glasses);
  }
  if (look.glasses !== null)
    pen.line(
      [shift - half + size * 1.7, eyeY],
      [shift + half - size * 1.7, eyeY],
      Math.max(0.8, ry * 0.03),
      look.glasses,
    );
  const shade = 'rgba(60, 25, 10, 0.42)';
  pen.polygon(
    [
      [shift, eyeY + size],
      [noseX + look.noseWidth * rx, noseY],
      [noseX - look.noseWidth * rx, noseY],
    ],
    shade,
  );
  if (look.beard === 'moustache')
    pen.line(
      [shift - mouth * 0.8, mouthY - ry * 0.1],
      [shift + mouth * 0.8, mouthY - ry * 0.1],
      ry * 0.09,
      look.hair,
    );
  pen.line([shift - mouth, mouthY], [shift + mouth, mouthY], ry * 0.085, look.lips);
  if (look.mark !== null)
    pen.ellipse(shift + look.mark.side * rx * 0.5, ry * look.mark.y, rx * 0.07, rx * 0.07, '#3a1d12');
  return [
    pen.place(shift - half, eyeY),
    pen.place(shift + half, eyeY),
    pen.place(noseX, noseY),
    pen.place(shift - mouth, mouthY),
    pen.place(shift + mouth, mouthY),
  ];
}

/**
 * Draws a head of `height` px (chin to crown, hair apart) around `centre`.
 *
 * @returns The box of all of it, and the face where one is seen; pixels of the picture.
 */
export function drawHead(
  surface: Surface,
  look: Identity,
  centre: readonly [number, number],
  height: number,
  pose: HeadPose,
): DrawnHead {
  const pen = new TrackingPen(surface, centre, pose.roll);
  const ry = height / 2;
  const rx = ry * look.faceRatio;
  drawHairBehind(pen, look, rx, ry);
  if (look.earrings !== null)
    for (const side of [-1, 1]) pen.ellipse(side * rx * 1.02, ry * 0.3, rx * 0.09, rx * 0.12, look.earrings);
  for (const side of [-1, 1]) pen.ellipse(side * rx * 0.98, ry * 0.02, rx * 0.14, ry * 0.17, look.skin);
  const skull = new TrackingPen(surface, centre, pose.roll);
  skull.ellipse(0, 0, rx, ry, look.skin);
  pen.ellipse(0, 0, rx, ry, look.skin);
  if (pose.away) {
    if (look.hairStyle !== 'bald')
      pen.ellipse(0, -ry * 0.08, rx * 1.03, ry * 0.95, look.hairStyle === 'cap' ? look.top : look.hair);
    return { box: pen.box, face: null };
  }
  const landmarks = drawFace(pen, look, rx, ry, pose.yaw);
  drawHairInFront(pen, look, rx, ry);
  return { box: pen.box, face: { bbox: skull.box, landmarks } };
}
