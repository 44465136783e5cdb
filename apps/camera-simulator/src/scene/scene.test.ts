import { type Canvas, createCanvas } from '@napi-rs/canvas';
import { cameraTypes } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { type Box, createIdentity, createScene, type SceneOptions } from './index.ts';

const base: SceneOptions = { seed: 3, camera: 1, cameraType: 'tracking' };

function pixelsOf(canvas: Canvas): Buffer {
  return Buffer.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
}

const pixelsAt = (options: SceneOptions, seconds: number): Buffer =>
  pixelsOf(createScene(options).frame(seconds).canvas);

/** Moments of scenes of every camera type. */
const moments = cameraTypes.flatMap((cameraType, camera) => {
  const scene = createScene({ seed: 3, camera, cameraType });
  return [0, 7.4, 31].map((seconds) => ({ cameraType, ...scene.frame(seconds).truth }));
});

describe('a scene', () => {
  it.each(cameraTypes)('of %s is the same for the same moment, whatever was asked before', (cameraType) => {
    const scene = createScene({ ...base, cameraType });
    scene.frame(100);
    const again = scene.frame(4.2);
    const once = createScene({ ...base, cameraType }).frame(4.2);
    expect(again.truth).toEqual(once.truth);
    expect(pixelsOf(again.canvas).equals(pixelsOf(once.canvas))).toBe(true);
  });

  it.each([
    ['another seed', { ...base, seed: 4 }],
    ['another camera', { ...base, camera: 2 }],
  ])('is another one for %s', (_name, other) => {
    expect(pixelsAt(base, 4.2).equals(pixelsAt(other, 4.2))).toBe(false);
  });

  it.each([
    ['at its own size', 1280, 720],
    ['squashed to a square', 640, 640],
    ['at half its size', 640, 360],
  ])('%s has its people where the truth says, and nothing elsewhere', (_name, sentWidth, sentHeight) => {
    const sent = { ...base, sentWidth, sentHeight };
    const empty = pixelsAt({ ...sent, crowd: 0 }, 4.2);
    const full = pixelsAt(sent, 4.2);
    const { persons } = createScene(sent).frame(4.2).truth;
    expect(persons.length).toBeGreaterThanOrEqual(3);
    const changed = (x: number, y: number): boolean => {
      const at = (y * sentWidth + x) * 4;
      return [0, 1, 2].some((channel) => empty[at + channel] !== full[at + channel]);
    };
    const [across, down] = [sentWidth / 1280, sentHeight / 720];
    const boxes = persons.map(({ bbox: [x1, y1, x2, y2] }) => [
      ...[x1 * across, y1 * down],
      ...[x2 * across, y2 * down],
    ]) as Box[];
    // Shadows on the floor reach beyond the feet, to the sides and below.
    const near = (x: number, y: number): boolean =>
      boxes.some(([x1, y1, x2, y2]) => x >= x1 - 30 && x <= x2 + 30 && y >= y1 - 2 && y <= y2 + 12);
    let outside = 0;
    for (let y = 0; y < sentHeight; y += 3)
      for (let x = 0; x < sentWidth; x += 3) if (changed(x, y) && !near(x, y)) outside += 1;
    expect(outside).toBe(0);
    for (const [x1, y1, x2, y2] of boxes) {
      let [inside, cells] = [0, 0];
      for (let y = Math.ceil(y1); y < y2; y += 2)
        for (let x = Math.ceil(x1); x < x2; x += 2) {
          cells += 1;
          if (changed(x, y)) inside += 1;
        }
      expect(inside / cells).toBeGreaterThan(0.3);
      // Each side is touched: the box is tight.
      const touched = (columns: number[], rows: number[]): boolean =>
        columns.some((x) => rows.some((y) => changed(x, y)));
      const span = (from: number, to: number): number[] =>
        Array.from({ length: Math.max(1, Math.floor(to - from)) }, (_, step) => Math.floor(from) + step);
      expect(touched(span(x1, x1 + 3), span(y1, y2))).toBe(true);
      expect(touched(span(x2 - 3, x2), span(y1, y2))).toBe(true);
      expect(touched(span(x1, x2), span(y1, y1 + 3))).toBe(true);
    }
  });

  it('has the same truth whatever size is sent', () => {
    const { truth } = createScene(base).frame(4.2);
    const squashed = createScene({ ...base, sentWidth: 640, sentHeight: 640 }).frame(4.2);
    expect(squashed.truth).toEqual(truth);
    expect([squashed.canvas.width, squashed.canvas.height]).toEqual([640, 640]);
  });

  it('gives its own proportions back where the squash is undone', () => {
    const own = createScene(base).frame(4.2).canvas;
    const squashed = createScene({ ...base, sentWidth: 640, sentHeight: 640 }).frame(4.2).canvas;
    const small = (canvas: Canvas): Buffer => {
      const undone = createCanvas(320, 180);
      undone.getContext('2d').drawImage(canvas, 0, 0, 320, 180);
      return pixelsOf(undone);
    };
    const [a, b, empty] = [
      small(own),
      small(squashed),
      small(createScene({ ...base, crowd: 0 }).frame(0).canvas),
    ];
    const apart = (one: Buffer, other: Buffer): number =>
      one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;
    expect(apart(a, b)).toBeLessThan(0.5 * apart(a, empty));
  });

  it('draws heads as wide by their height as the identity says, in pixels of the camera', () => {
    const scene = createScene({ ...base, cameraType: 'face_capture', sentWidth: 640, sentHeight: 640 });
    const faces = Array.from({ length: 40 }, (_, second) => scene.frame(second).truth.persons).flat();
    const ratios = faces.flatMap(({ identity, face }) => {
      if (face === null) return [];
      const [x1, y1, x2, y2] = face.bbox;
      if (x1 <= 0 || y1 <= 0 || x2 >= 1280 || y2 >= 720) return []; // cut by the picture
      return [(x2 - x1) / (y2 - y1) / createIdentity(identity).faceRatio];
    });
    expect(ratios.length).toBeGreaterThan(10);
    // A rolled head's box is a little wider by its height.
    for (const ratio of ratios) expect(ratio > 0.99 && ratio < 1.08).toBe(true);
  });

  it('leaves the context of its canvas as it was, to be drawn on in pixels', () => {
    const { canvas } = createScene({ ...base, sentWidth: 640, sentHeight: 640 }).frame(1);
    const context = canvas.getContext('2d');
    context.fillStyle = '#ff00ff';
    context.fillRect(639, 639, 1, 1);
    expect([...pixelsOf(canvas).subarray(-4)]).toEqual([255, 0, 255, 255]);
  });

  it('has eyes above the nose above the mouth, inside of the face, inside of the person', () => {
    const faces = moments.flatMap(({ persons }) =>
      persons.flatMap(({ bbox, face }) => (face === null ? [] : [{ person: bbox, ...face }])),
    );
    expect(faces.length).toBeGreaterThan(20);
    for (const { person, bbox, landmarks } of faces) {
      const [left, right, nose, mouthLeft, mouthRight] = landmarks;
      expect(left[0]).toBeLessThan(right[0]);
      expect(mouthLeft[0]).toBeLessThan(mouthRight[0]);
      expect((left[1] + right[1]) / 2).toBeLessThan(nose[1]);
      expect(nose[1]).toBeLessThan((mouthLeft[1] + mouthRight[1]) / 2);
      for (const [x, y] of landmarks) {
        expect(x > bbox[0] && x < bbox[2] && y > bbox[1] && y < bbox[3]).toBe(true);
      }
      expect(bbox[0] >= person[0] - 0.01 && bbox[3] <= person[3] + 0.01).toBe(true);
    }
  });

  it('has nobody twice in a frame, and the same people in several cameras', () => {
    const cameras = new Map<number, Set<string>>();
    for (const { cameraType, persons } of moments) {
      expect(new Set(persons.map(({ identity }) => identity)).size).toBe(persons.length);
      for (const { identity } of persons) {
        cameras.set(identity, (cameras.get(identity) ?? new Set()).add(cameraType));
      }
    }
    expect([...cameras.values()].filter((types) => types.size > 1).length).toBeGreaterThan(8);
  });

  it('tells who is hidden behind whom', () => {
    const crowd = createScene({ ...base, crowd: 40, identities: [0, 100] }).frame(3).truth.persons;
    expect(crowd.some(({ hidden }) => hidden > 0.6)).toBe(true);
    expect(crowd.some(({ hidden }) => hidden === 0)).toBe(true);
    for (const { hidden, face } of crowd) if (hidden > 0.98) expect(face).toBeNull();
  });

  it('keeps everybody who they are for as long as they walk through the picture', () => {
    const scene = createScene({ ...base, crowd: 8 });
    let before = scene.frame(0).truth.persons;
    for (let step = 1; step < 600; step += 1) {
      const now = scene.frame(step / 10).truth.persons;
      for (const { identity, bbox } of now) {
        const middle = (bbox[0] + bbox[2]) / 2;
        if (middle < 320 || middle > 960) continue; // came or may have come from the side
        expect(before.some((person) => person.identity === identity)).toBe(true);
      }
      before = now;
    }
  });

  it('has no more people than there are', () => {
    const { persons } = createScene({ ...base, crowd: 6, identities: [7, 9] }).frame(12).truth;
    expect(persons.length).toBeLessThanOrEqual(2);
  });

  it('moves: a moment later everybody is a little further', () => {
    const scene = createScene(base);
    const [before, after] = [scene.frame(4).truth.persons, scene.frame(4.2).truth.persons];
    const moved = after.filter(({ identity, bbox }) => {
      const old = before.find((person) => person.identity === identity);
      return (
        old !== undefined && Math.abs(old.bbox[0] - bbox[0]) > 0.5 && Math.abs(old.bbox[0] - bbox[0]) < 90
      );
    });
    expect(moved.length).toBeGreaterThan(0);
  });
});

it('a person looks the same wherever they are, and unlike the next', () => {
  expect(createIdentity(5)).toEqual(createIdentity(5));
  const { id: _a, ...five } = createIdentity(5);
  const { id: _b, ...six } = createIdentity(6);
  expect(five).not.toEqual(six);
});
