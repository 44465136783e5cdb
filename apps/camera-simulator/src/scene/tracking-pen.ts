import type { SKRSContext2D } from '@napi-rs/canvas';
import { clipPolygon } from './clip-polygon.ts';

/** `[x1, y1, x2, y2]`, px. */
export type Box = [number, number, number, number];

/** What is drawn on. */
export interface Surface {
  readonly context: SKRSContext2D;
  /** In the units of the context's transform: the canvas may have fewer pixels. */
  readonly width: number;
  readonly height: number;
}

/** Of each ellipse, to know its box to a fifth of a percent. */
const rimPoints = 48;

/** Draws filled shapes in a turned frame of reference, and knows the box of everything it drew within the picture. */
export class TrackingPen {
  readonly #surface: Surface;
  readonly #context: SKRSContext2D;
  readonly #origin: readonly [number, number];
  readonly #cos: number;
  readonly #sin: number;
  readonly #angle: number;
  #box: Box = [Infinity, Infinity, -Infinity, -Infinity];

  /** @param angle Clockwise on the picture, radians, around `origin`. */
  constructor(surface: Surface, origin: readonly [number, number], angle = 0) {
    this.#surface = surface;
    this.#context = surface.context;
    this.#origin = origin;
    this.#angle = angle;
    this.#cos = Math.cos(angle);
    this.#sin = Math.sin(angle);
  }

  get box(): Box {
    return this.#box;
  }

  /** From the pen's frame of reference to the picture. */
  place(x: number, y: number): [number, number] {
    return [this.#origin[0] + x * this.#cos - y * this.#sin, this.#origin[1] + x * this.#sin + y * this.#cos];
  }

  ellipse(x: number, y: number, rx: number, ry: number, colour: string): void {
    this.#fillEllipse(x, y, rx, ry, 0, 2 * Math.PI, colour);
  }

  /** The part of an ellipse above or below its centre. */
  halfEllipse(x: number, y: number, rx: number, ry: number, side: 'upper' | 'lower', colour: string): void {
    const from = side === 'upper' ? Math.PI : 0;
    this.#fillEllipse(x, y, rx, ry, from, from + Math.PI, colour);
  }

  polygon(points: readonly (readonly [number, number])[], colour: string): void {
    const placed = points.map(([x, y]) => this.place(x, y));
    this.#context.beginPath();
    for (const [x, y] of placed) this.#context.lineTo(x, y);
    this.#count(placed);
    this.#context.closePath();
    this.#context.fillStyle = colour;
    this.#context.fill();
  }

  /** A line with round ends. */
  line(from: readonly [number, number], to: readonly [number, number], width: number, colour: string): void {
    const [a, b] = [this.place(...from), this.place(...to)];
    this.#context.beginPath();
    this.#context.moveTo(...a);
    this.#context.lineTo(...b);
    this.#context.lineWidth = width;
    this.#context.lineCap = 'round';
    this.#context.strokeStyle = colour;
    this.#context.stroke();
    const half = width / 2;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    const [dx, dy] = [((to[1] - from[1]) / length) * half, ((from[0] - to[0]) / length) * half];
    this.#count(
      [
        [from[0] + dx, from[1] + dy],
        [to[0] + dx, to[1] + dy],
        [to[0] - dx, to[1] - dy],
        [from[0] - dx, from[1] - dy],
      ].map(([x = 0, y = 0]) => this.place(x, y)),
    );
    for (const [x, y] of [from, to]) this.#count(this.#rim(x, y, half, half));
  }

  /** A ring; rings are drawn inside of other shapes and do not count for the box. */
  ring(x: number, y: number, radius: number, width: number, colour: string): void {
    const [cx, cy] = this.place(x, y);
    this.#context.beginPath();
    this.#context.arc(cx, cy, radius, 0, 2 * Math.PI);
    this.#context.lineWidth = width;
    this.#context.strokeStyle = colour;
    this.#context.stroke();
  }

  /** Fills an ellipse between two angles, radians. */
  #fillEllipse(x: number, y: number, rx: number, ry: number, from: number, to: number, colour: string): void {
    const [cx, cy] = this.place(x, y);
    this.#context.beginPath();
    this.#context.ellipse(cx, cy, Math.max(0.1, rx), Math.max(0.1, ry), this.#angle, from, to);
    this.#context.fillStyle = colour;
    this.#context.fill();
    this.#count(this.#rim(x, y, rx, ry, from, to));
  }

  /** The rim of an ellipse in the pen's frame of reference, on the picture. */
  #rim(x: number, y: number, rx: number, ry: number, from = 0, to = 2 * Math.PI): [number, number][] {
    return Array.from({ length: rimPoints + 1 }, (_, step) => {
      const turn = from + ((to - from) * step) / rimPoints;
      return this.place(x + rx * Math.cos(turn), y + ry * Math.sin(turn));
    });
  }

  /** Counts the part of a shape that lies in the picture. */
  #count(outline: readonly (readonly [number, number])[]): void {
    const { width, height } = this.#surface;
    // Most shapes are within the picture as a whole.
    const outside = outline.some(([x, y]) => x < 0 || y < 0 || x > width || y > height);
    for (const [x, y] of outside ? clipPolygon(outline, width, height) : outline) {
      const [x1, y1, x2, y2] = this.#box;
      this.#box = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x), Math.max(y2, y)];
    }
  }
}

/** The smallest box around several. */
export function unionOf(...boxes: readonly Box[]): Box {
  return [
    Math.min(...boxes.map(([x1]) => x1)),
    Math.min(...boxes.map(([, y1]) => y1)),
    Math.max(...boxes.map(([, , x2]) => x2)),
    Math.max(...boxes.map(([, , , y2]) => y2)),
  ];
}
