import { describe, expect, it } from 'vitest';
import { decidePace } from './pace.ts';

describe('decidePace', () => {
  it.each([
    // frames/s served, cameras, seconds, frames/s of each camera
    [160, 8, 20, 5],
    [57.2, 8, 20, 5],
    [57, 8, 20, 4.9],
    [11, 8, 20, 0.96],
    [4.1, 8, 20, 0.35],
    [30, 1, 20, 5],
    [1000, 100, 20, 5],
    [700, 100, 20, 4.9],
  ])(
    'plays at 70 %% of what is served and at 5 frames/s each at most: %d frames/s, %d cameras, %d s',
    (capacity, cameras, seconds, fps) => {
      expect(decidePace(capacity, cameras, seconds).fps).toBe(fps);
      expect(fps * cameras).toBeLessThanOrEqual(capacity * 0.7 + 1e-9);
    },
  );

  it('lets each camera send a frame, whatever the machine', () => {
    expect(decidePace(0.5, 8, 20).fps).toBe(0.05);
    expect(decidePace(0, 8, 20).fps).toBe(0.05);
    expect(decidePace(0, 8, 1000).fps).toBe(0.01);
  });

  it.each([
    [
      11,
      8,
      'This machine serves 11 frames/s with these models; 8 cameras play at 0.96 frames/s each; `--fps 5` overloads it on purpose.',
    ],
    [160, 8, 'This machine serves 160 frames/s with these models; 8 cameras play at 5 frames/s each.'],
    [6, 1, 'This machine serves 6 frames/s with these models; 1 camera plays at 4.2 frames/s.'],
    [
      0,
      8,
      'This machine served no frame within 20 s with these models; 8 cameras play at 0.05 frames/s each; `--fps 5` overloads it on purpose.',
    ],
  ])('says so in one line: %d frames/s, %d cameras', (capacity, cameras, note) => {
    expect(decidePace(capacity, cameras, 20).note).toBe(note);
  });
});
