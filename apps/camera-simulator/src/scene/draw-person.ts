import { type DrawnHead, drawHead, type HeadPose } from './draw-head.ts';
import type { Identity } from './identity.ts';
import { type Box, type Surface, TrackingPen, unionOf } from './tracking-pen.ts';

/** Where a person stands and how. */
export interface PersonPose extends HeadPose {
  /** Between the feet, px. */
  readonly x: number;
  readonly y: number;
  /** From the feet to the crown of somebody of usual stature, px. */
  readonly height: number;
  /** Phase of the step, radians. */
  readonly step: number;
}

export interface DrawnPerson {
  readonly box: Box;
  readonly face: DrawnHead['face'];
}

/** The head's share of the height: larger than life, so that faces are seen from afar. */
const headShare = 1 / 5.2;

function drawBody(pen: TrackingPen, look: Identity, height: number, step: number): void {
  const wide = height * 0.115 * look.build;
  const [hip, shoulder] = [-height * 0.47, -height * (1 - headShare) + height * 0.035];
  const swing = Math.sin(step) * height * 0.07;
  for (const side of [-1, 1]) {
    const foot = side * wide * 0.5 + side * swing;
    pen.line([side * wide * 0.45, hip], [foot, -height * 0.04], wide * 0.72, look.bottom);
    pen.ellipse(foot, -height * 0.022, wide * 0.5, height * 0.022, '#1c1a19');
  }
  if (look.skirt) {
    pen.polygon(
      [
        [-wide * 0.95, hip - height * 0.04],
        [wide * 0.95, hip - height * 0.04],
        [wide * 1.5, hip + height * 0.2],
        [-wide * 1.5, hip + height * 0.2],
      ],
      look.bottom,
    );
  }
  const arm = height * 0.3;
  for (const side of [-1, 1]) {
    const angle = side * 0.16 - side * Math.sin(step) * 0.28;
    const from: [number, number] = [side * wide * 1.08, shoulder + height * 0.03];
    const to: [number, number] = [from[0] + Math.sin(angle) * arm, from[1] + Math.cos(angle) * arm];
    pen.line(from, to, wide * 0.46, look.top);
    pen.ellipse(to[0], to[1], wide * 0.26, wide * 0.28, look.skin);
  }
  pen.polygon(
    [
      [-wide * 1.15, shoulder],
      [wide * 1.15, shoulder],
      [wide * 0.98, hip],
      [-wide * 0.98, hip],
    ],
    look.top,
  );
  pen.ellipse(0, shoulder + height * 0.012, wide * 1.15, height * 0.04, look.top);
  if (look.stripes !== null) {
    for (let stripe = 1; stripe <= 3; stripe += 1) {
      const y = shoulder + ((hip - shoulder) * stripe) / 4;
      pen.line([-wide * 0.92, y], [wide * 0.92, y], height * 0.022, look.stripes);
    }
  }
  pen.line([0, shoulder], [0, shoulder - height * 0.04], wide * 0.62, look.skin);
}

/** Draws a person; returns the exact box of what was drawn, and the face where one is seen. */
export function drawPerson(surface: Surface, look: Identity, pose: PersonPose): DrawnPerson {
  const height = pose.height * look.stature;
  const pen = new TrackingPen(surface, [pose.x, pose.y]);
  drawBody(pen, look, height, pose.step);
  const head = height * headShare;
  const centre: [number, number] = [pose.x, pose.y - height + head * 0.5];
  const drawn = drawHead(surface, look, centre, head, pose);
  return { box: unionOf(pen.box, drawn.box), face: drawn.face };
}
