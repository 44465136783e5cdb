import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { CameraType } from '@trinetra/contracts';
import { createRandom, createRandomOf } from '../random.ts';
import { drawBackground } from './background.ts';
import type { FivePoints } from './draw-head.ts';
import { type DrawnPerson, drawPerson, type PersonPose } from './draw-person.ts';
import { createIdentity, type Identity } from './identity.ts';
import type { Box, Surface } from './tracking-pen.ts';

/** One person of a frame, in pixels of the camera's own picture, whatever size is sent. */
export interface PersonTruth {
  readonly identity: number;
  /** `[x1, y1, x2, y2]` of all that is within the picture, hidden parts too. */
  readonly bbox: Box;
  /** Share of the person that others hide, 0..1: an estimate from boxes for body and head, rather too high. */
  readonly hidden: number;
  /** Null where the face is turned away, cut by the picture or hidden. Landmarks in the order of the ArcFace template. */
  readonly face: { readonly bbox: Box; readonly landmarks: FivePoints } | null;
}

export interface SceneTruth {
  readonly persons: readonly PersonTruth[];
}

export interface SceneOptions {
  readonly seed: number;
  /** Scenes of one seed differ by this number; the people who walk through them are the same. */
  readonly camera: number;
  readonly cameraType: CameraType;
  /** Of the camera's own picture, px; the truth is in these. Default 1280x720. */
  readonly width?: number;
  readonly height?: number;
  /** Of the canvas, px: the picture is drawn squashed to it, as the ingestor does. Default `width` x `height`. */
  readonly sentWidth?: number;
  readonly sentHeight?: number;
  /** People are numbered from the first of these to before the second; no more are in a picture. Default `[0, 24]`. */
  readonly identities?: readonly [number, number];
  /** People in the picture at once, about; default by camera type. */
  readonly crowd?: number;
  /** Noise that changes from frame to frame, at some cost; without it the noise stands still. Default false. */
  readonly grain?: boolean;
}

/** A shop floor that goes on in time; frames may be asked for in any order. */
export interface Scene {
  /** Draws the moment `seconds` and says what is to be seen. The canvas is the scene's own: valid until the next call. */
  frame(seconds: number): { readonly canvas: Canvas; readonly truth: SceneTruth };
}

interface View {
  /** Height of the horizon in the picture, 0..1, and of a person at the back and at the front, 0..1 of the picture. */
  readonly horizon: number;
  readonly far: number;
  readonly near: number;
  readonly crowd: number;
}

const views: Readonly<Record<CameraType, View>> = {
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

/** Where everybody is at a moment, those at the back first. */
function placeAt(seconds: number, options: Required<SceneOptions>, view: View): Placed[] {
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

function clip(box: Box, width: number, height: number): Box {
  return [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])];
}

/** Cells along the picture's longer side. */
const mapCells = 320;

/** A coarse map of who is seen where: people as boxes for body and head, those in front over those behind. */
class WhoMap {
  readonly #cellsPerPixel: number;
  readonly #width: number;
  readonly #height: number;
  /** 0: nobody; else the person's place in the order of drawing, from 1. */
  readonly #cells: Uint8Array;

  constructor(width: number, height: number) {
    this.#cellsPerPixel = mapCells / Math.max(width, height);
    this.#width = Math.ceil(width * this.#cellsPerPixel);
    this.#height = Math.ceil(height * this.#cellsPerPixel);
    this.#cells = new Uint8Array(this.#width * this.#height);
  }

  paint(people: readonly DrawnPerson[]): void {
    this.#cells.fill(0);
    for (const [index, { box, face }] of people.entries()) {
      const [x1, y1, x2, y2] = box;
      const [middle, wide, tall] = [(x1 + x2) / 2, x2 - x1, y2 - y1];
      this.#fill([middle - wide * 0.36, y1 + tall * 0.2, middle + wide * 0.36, y2], index + 1);
      this.#fill(face?.bbox ?? [middle - wide * 0.2, y1, middle + wide * 0.2, y1 + tall * 0.22], index + 1);
    }
  }

  /** Share of a person's box that belongs to those in front, of what belongs to it and to them. */
  hiddenShare(box: Box, index: number): number {
    const [x1, y1, x2, y2] = this.#cellsOf(box);
    let [own, others] = [0, 0];
    for (let y = y1; y < y2; y += 1) {
      for (let x = x1; x < x2; x += 1) {
        const who = this.#cells[y * this.#width + x] ?? 0;
        if (who === index + 1) own += 1;
        else if (who > index + 1) others += 1;
      }
    }
    return others === 0 ? 0 : others / (own + others);
  }

  #fill(box: Box, who: number): void {
    const [x1, y1, x2, y2] = this.#cellsOf(box);
    for (let y = y1; y < y2; y += 1) this.#cells.fill(who, y * this.#width + x1, y * this.#width + x2);
  }

  #cellsOf(box: Box): Box {
    const cells = box.map((value) => Math.round(value * this.#cellsPerPixel)) as Box;
    const [x1, y1, x2, y2] = clip(cells, this.#width, this.#height);
    return [x1, y1, Math.max(x1, x2), Math.max(y1, y2)];
  }
}

/** Persons less wide, by the picture's longer side, or less than twice as tall are not told. */
const leastWidth = 1 / 80;

/** Grain that is laid over frames at changing places: as noise of the sensor, without its cost. */
function createGrain(width: number, height: number): Canvas {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  const random = createRandom(77);
  for (let at = 0; at < image.data.length; at += 4) {
    const level = random() < 0.5 ? 0 : 255;
    image.data[at] = level;
    image.data[at + 1] = level;
    image.data[at + 2] = level;
    image.data[at + 3] = Math.floor(random() * 22);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function truthOf(
  drawn: DrawnPerson,
  id: number,
  index: number,
  who: WhoMap,
  width: number,
  height: number,
): PersonTruth {
  const { face } = drawn;
  const inside =
    face?.landmarks.every(([x, y]) => x >= 1 && y >= 1 && x < width - 1 && y < height - 1) ?? false;
  const seen = face !== null && inside && who.hiddenShare(face.bbox, index) < 0.15;
  return {
    identity: id,
    bbox: clip(drawn.box, width, height),
    hidden: who.hiddenShare(drawn.box, index),
    face: seen ? { bbox: clip(face.bbox, width, height), landmarks: face.landmarks } : null,
  };
}

/** Draws in the units of a `width` x `height` picture on all of a canvas, and leaves the context as it was. */
function drawScaled<T>(canvas: Canvas, width: number, height: number, draw: (surface: Surface) => T): T {
  const context = canvas.getContext('2d');
  context.save();
  context.scale(canvas.width / width, canvas.height / height);
  const drawn = draw({ context, width, height });
  context.restore();
  return drawn;
}

function drawShadow(context: SKRSContext2D, { x, y, height }: PersonPose): void {
  context.fillStyle = 'rgba(30, 25, 20, 0.28)';
  context.beginPath();
  context.ellipse(x, y, height * 0.14, height * 0.022, 0, 0, 2 * Math.PI);
  context.fill();
}

/** Makes the scene of one camera. The same options give the same pixels and the same truth. */
export function createScene(given: SceneOptions): Scene {
  const view = views[given.cameraType];
  const { width = 1280, height = 720 } = given;
  const options: Required<SceneOptions> = {
    width,
    height,
    sentWidth: width,
    sentHeight: height,
    identities: [0, 24],
    crowd: view.crowd,
    grain: false,
    ...given,
  };
  const { sentWidth, sentHeight, seed, camera, cameraType } = options;
  const random = createRandomOf(seed + 17, camera);
  const background = createCanvas(sentWidth, sentHeight);
  drawScaled(background, width, height, (surface) =>
    drawBackground(surface, cameraType, view.horizon, random),
  );
  const shade = random() * 0.22;
  const grain = createGrain(sentWidth + 64, sentHeight + 64);
  background.getContext('2d').drawImage(grain, 0, 0);
  const canvas = createCanvas(sentWidth, sentHeight);
  const context = canvas.getContext('2d');
  const who = new WhoMap(width, height);
  const least = leastWidth * Math.max(width, height);

  return {
    frame(seconds) {
      context.drawImage(background, 0, 0);
      const placed = placeAt(seconds, options, view);
      const drawn = drawScaled(canvas, width, height, (surface) =>
        placed.map(({ look, pose }) => {
          drawShadow(surface.context, pose);
          return drawPerson(surface, look, pose);
        }),
      );
      who.paint(drawn);
      if (options.grain) {
        context.fillStyle = `rgba(10, 14, 30, ${shade})`;
        context.fillRect(0, 0, sentWidth, sentHeight);
        const jolt = createRandomOf(seed + camera, Math.round(seconds * 1000));
        context.drawImage(grain, -Math.floor(jolt() * 64), -Math.floor(jolt() * 64));
      }
      const persons = drawn
        .map((one, index) => truthOf(one, placed[index]?.look.id ?? 0, index, who, width, height))
        .filter(({ bbox: [x1, y1, x2, y2] }) => x2 - x1 >= least && y2 - y1 >= 2 * least);
      return { canvas, truth: { persons } };
    },
  };
}
