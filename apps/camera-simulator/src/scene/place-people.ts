import type { CameraType } from '@trinetra/contracts';
import { createRandomOf } from '../random.ts';
import type { PersonPose } from './draw-person.ts';
import { createIdentity, type Identity } from './identity.ts';

interface View {
  /** Height of the horizon in the picture, 0..1, and of a person at the back and at the front, 0..1 of the picture. */
  readonly horizon: number;
  readonly far: number;
  readonly near: number;
  readonly crowd: number;
}

export const views: Readonly<Record<CameraType, View>> = {
  billing: { horizon: 0.42, far: 0.45, near: 0.95, crowd: 3 },
  entrance: { horizon: 0.38, far: 0.35, near: 0.85, crowd: 4 },
  face_capture: { horizon: 0.45, far: 0.8, near: 1.5, crowd: 2 },
  tracking: { horizon: 0.3, far: 0.22, near: 0.6, crowd: 6 },
  vehicle: { horizon: 0.35, far: 0.25, near: 0.55, crowd: 3 },
  emotion: { horizon: 0.42, far: 0.6, near: 1.2, crowd: 2 },
  others: { horizon: 0.34, far: 0.25, near: 0.75, crowd: 5 },
};

interface Placed {
  readonly look: Identity;
  readonly pose: PersonPose;
}

/** Which people walk through which picture. */
interface PlaceOptions {
  readonly seed: number;
  readonly camera: number;
  /** Of the camera's own picture, px. */
  readonly width: number;
  readonly height: number;
  readonly identities: readonly [number, number];
  readonly crowd: number;
}

/** Where everybody is at a moment, those at the back first. */
export function placeAt(seconds: number, options: PlaceOptions, view: View): Placed[] {
  const { seed, camera, width, height, identities, crowd } = options;
  const [first, end] = identities;
  const walkers = Math.min(crowd, end - first);
  const placed: Placed[] = [];
  for (let walker = 0; walker < walkers; walker += 1) {
    const habits = createRandomOf(seed * 31 + camera, walker);
    const [pace, lane, offset] = [0.05 + habits() * 0.08, habits(), habits() * 40];
    const turn = (seconds + offset) * pace;
    const pass = Math.floor(turn);
    const random = createRandomOf(seed * 7919 + camera * 131 + walker, pass);
    // Everybody of their own share of the numbers: nobody is there twice, and who somebody is depends on nobody else.
    const shares = Math.floor((end - first - walker - 1) / walkers) + 1;
    const id = first + walker + walkers * Math.floor(random() * shares);
    const look = createIdentity(id);
    const leftToRight = random() < 0.5;
    const along = turn - pass;
    const depth = Math.min(1, Math.max(0, lane * 0.8 + random() * 0.35 - 0.05));
    const size = (view.far + (view.near - view.far) * depth) * height;
    const perspective =
      view.horizon + (1.06 + Math.max(0, view.near - 0.9) - view.horizon) * (0.12 + 0.88 * depth);
    // Heads stay in the picture: cameras that look at faces are hung so that they see them.
    const ground = Math.max(perspective, (size / height) * look.stature * 1.06 + 0.02);
    // Far enough outside that few come or go in plain sight.
    const margin = Math.max(0.12, (size / width) * 0.36);
    const x = (leftToRight ? along : 1 - along) * (1 + 2 * margin) - margin;
    const sway = Math.sin(seconds * 1.7 + walker);
    placed.push({
      look,
      pose: {
        x: x * width,
        y: ground * height,
        height: size,
        step: seconds * 6 * (0.8 + pace * 3) + walker,
        roll: sway * 0.12 + (random() - 0.5) * 0.2,
        yaw: Math.max(
          -1,
          Math.min(1, (leftToRight ? 0.35 : -0.35) + Math.sin(seconds * 0.9 + walker * 2) * 0.5),
        ),
        away: random() < 0.18,
      },
    });
  }
  return placed.sort((a, b) => a.pose.y - b.pose.y);
}
