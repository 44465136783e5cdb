import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import { fontFamily, type Pen } from './pen.ts';

/** Picture pixels for each plot pixel: sharp on dense screens, too. */
const scale = 2;

/** Whether this machine has any font; without one a PNG has no text. */
export function hasFonts(): boolean {
  return GlobalFonts.families.length > 0;
}

/** A pen that paints a PNG, twice the size in px. */
export function createCanvasPen(width: number, height: number): Pen & { toPng(): Promise<Buffer> } {
  const canvas = createCanvas(width * scale, height * scale);
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  return {
    text(x, y, text, { size, colour, anchor = 'start', bold = false, upwards = false }) {
      context.save();
      context.translate(x, y);
      if (upwards) context.rotate(-Math.PI / 2);
      context.font = `${bold ? 'bold ' : ''}${size}px ${fontFamily}`;
      context.fillStyle = colour;
      context.textAlign = anchor === 'middle' ? 'center' : anchor;
      context.fillText(text, 0, 0);
      context.restore();
    },
    line(points, colour, strokeWidth) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x, y);
      context.strokeStyle = colour;
      context.lineWidth = strokeWidth;
      context.stroke();
    },
    rectangle(x, y, w, h, colour) {
      context.fillStyle = colour;
      context.fillRect(x, y, w, h);
    },
    toPng: () => canvas.encode('png'),
  };
}
