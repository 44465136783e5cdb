import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { CameraType } from '@trinetra/contracts';
import { createRandom, createRandomOf } from '../random.ts';
import { drawBackground } from './background.ts';
import type { FivePoints } from './draw-head.ts';
import { type DrawnPerson, drawPerson, type PersonPose } from './draw-person.ts';
import { placeAt, views } from './place-people.ts';
import type { Box, Surface } from './tracking-pen.ts';
import { clip, WhoMap } from './who-map.ts';

/** One person of a frame, in pixels of the camera's own picture, whatever the sent size. */
export interface PersonTruth {
  readonly identity: number;
  /** `[x1, y1, x2, y2]` of everything within the picture, hidden parts included. */
  readonly bbox: Box;
  /** Share of the person that others hide, 0..1: an estimate from boxes for body and head, rather too high. */
  readonly hidden: number;
  /**
   * Null if the face is turned away, cut by the picture or hidden. Landmarks in the order of the ArcFace
   * template.
   */
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
  /**
   * People are numbered from the first of these to before the second; no more are in a picture. Default `[0,
   * 24]`.
   */
  readonly identities?: readonly [number, number];
  /** People in the picture at once, about; default by camera type. */
  readonly crowd?: number;
  /** Noise that changes from frame to frame, at some cost; without it the noise stands still. Default false. */
  readonly grain?: boolean;
}

/** With what `createScene` and its `frame` give the same picture again. */
export interface SceneMoment {
  readonly seed: number;
  readonly camera: number;
  readonly camera_type: CameraType;
  /** Of the camera's own picture, px; the truth is in these. */
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** A shop floor that goes on in time; frames may be asked for in any order. */
export interface Scene {
  /**
   * Draws the moment `seconds` and returns its truth. The canvas belongs to the scene and is valid until the
   * next call.
   */
  frame(seconds: number): { readonly canvas: Canvas; readonly truth: SceneTruth };
}

/** Persons less wide, by the picture's longer side, or less than twice as tall are not told. */
const leastWidth = 1 / 80;

/** Grain laid over frames at changing places: like sensor noise, but cheap. */
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

/** Draws in units of a `width` x `height` picture on a whole canvas, and restores the context. */
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
