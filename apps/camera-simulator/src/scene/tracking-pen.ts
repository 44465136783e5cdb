import type { SKRSContext2D } from '@napi-rs/canvas';

/** `[x1, y1, x2, y2]`, px. */
export type Box = [number, number, number, number];

/** Draws filled shapes in a turned frame of reference, and knows the exact box of everything it drew. */
export class TrackingPen {
  readonly #context: SKRSContext2D;
  readonly #origin: readonly [number, number];
  readonly #cos: number;
  readonly #sin: number;
  readonly #angle: number;
  #box: Box = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];

  /** @param angle Clockwise on the picture, radians, around `origin`. */
  constructor(context: SKRSContext2D, origin: readonly [number, number], angle = 0) {
    this.#context = context;
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
    const [cx, cy] = this.place(x, y);
    this.#context.beginPath();
    this.#context.ellipse(cx, cy, Math.max(0.1, rx), Math.max(0.1, ry), this.#angle, 0, 2 * Math.PI);
    this.#context.fillStyle = colour;
    this.#context.fill();
    this.#extend(
      cx,
      cy,
      Math.hypot(rx * this.#cos, ry * this.#sin),
      Math.hypot(rx * this.#sin, ry * this.#cos),
    );
  }

  /** The part of an ellipse on one side of a height: its cap where `from` < 0. */
  halfEllipse(x: number, y: number, rx: number, ry: number, side: 'upper' | 'lower', colour: string): void {
    const [cx, cy] = this.place(x, y);
    const start = this.#angle + (side === 'upper' ? Math.PI : 0);
    this.#context.beginPath();
    this.#context.ellipse(
      cx,
      cy,
      Math.max(0.1, rx),
      Math.max(0.1, ry),
      this.#angle,
      start - this.#angle,
      start - this.#angle + Math.PI,
    );
    this.#context.fillStyle = colour;
    this.#context.fill();
    const steps = 12;
    for (let step = 0; step <= steps; step += 1) {
      const turn = (side === 'upper' ? Math.PI : 0) + (Math.PI * step) / steps;
      this.#extendTo(...this.place(x + rx * Math.cos(turn), y + ry * Math.sin(turn)));
    }
  }

  polygon(points: readonly (readonly [number, number])[], colour: string): void {
    this.#context.beginPath();
    for (const [index, point] of points.entries()) {
      const [x, y] = this.place(point[0], point[1]);
      if (index === 0) this.#context.moveTo(x, y);
      else this.#context.lineTo(x, y);
      this.#extendTo(x, y);
    }
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
    for (const [x, y] of [a, b]) this.#extend(x, y, width / 2, width / 2);
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

  #extend(x: number, y: number, rx: number, ry: number): void {
    this.#extendTo(x - rx, y - ry);
    this.#extendTo(x + rx, y + ry);
  }

  #extendTo(x: number, y: number): void {
    const [x1, y1, x2, y2] = this.#box;
    this.#box = [Math.min(x1, x), Math.min(y1, y), Math.max(x2, x), Math.max(y2, y)];
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
