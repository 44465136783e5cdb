import type { DrawnPerson } from './draw-person.ts';
import type { Box } from './tracking-pen.ts';

/** The part of a box that is within the picture. */
export function clip(box: Box, width: number, height: number): Box {
  return [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])];
}

/** Cells along the picture's longer side. */
const mapCells = 320;

/** A coarse map of who is seen where: people as boxes for body and head, those in front over those behind. */
export class WhoMap {
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
