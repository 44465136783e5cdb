import type { Canvas } from '@napi-rs/canvas';
import { cameraTypes } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createIdentity, createScene, type SceneOptions } from './index.ts';

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

  it('has its people where the truth says: outside of the boxes it is the empty shop, inside it is not', () => {
    const empty = pixelsAt({ ...base, crowd: 0 }, 4.2);
    const full = pixelsAt(base, 4.2);
    const { persons } = createScene(base).frame(4.2).truth;
    expect(persons.length).toBeGreaterThanOrEqual(3);
    const changed = (x: number, y: number): boolean => {
      const at = (y * 640 + x) * 4;
      return [0, 1, 2].some((channel) => empty[at + channel] !== full[at + channel]);
    };
    // Shadows on the floor reach beyond the feet, to the sides and below.
    const near = (x: number, y: number): boolean =>
      persons.some(
        ({ bbox: [x1, y1, x2, y2] }) => x >= x1 - 30 && x <= x2 + 30 && y >= y1 - 2 && y <= y2 + 12,
      );
    let outside = 0;
    for (let y = 0; y < 640; y += 3)
      for (let x = 0; x < 640; x += 3) if (changed(x, y) && !near(x, y)) outside += 1;
    expect(outside).toBe(0);
    for (const {
      bbox: [x1, y1, x2, y2],
    } of persons) {
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
        if (middle < 160 || middle > 480) continue; // came or may have come from the side
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
        old !== undefined && Math.abs(old.bbox[0] - bbox[0]) > 0.5 && Math.abs(old.bbox[0] - bbox[0]) < 60
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
