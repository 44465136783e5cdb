interface TextStyle {
  readonly size: number;
  readonly colour: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** Reads upwards. */
  readonly upwards?: boolean;
}

export type Point = readonly [x: number, y: number];

/** A text whose `y` is its base line, a line through points, a filled rectangle: all that a plot is made of; px. */
export interface Pen {
  text(x: number, y: number, text: string, style: TextStyle): void;
  line(points: readonly Point[], colour: string, width: number): void;
  rectangle(x: number, y: number, width: number, height: number, colour: string): void;
}

export const fontFamily = 'DejaVu Sans, Helvetica, Arial, sans-serif';
