import { escapeXml } from '@trinetra/program';
import { fontFamily, type Pen } from './pen.ts';

const short = (value: number): string => String(Number(value.toFixed(2)));

/** A pen that writes SVG 1.1. */
export function createSvgPen(width: number, height: number): Pen & { toSvg(title: string): string } {
  const elements: string[] = [];
  return {
    text(x, y, text, { size, colour, anchor = 'start', bold = false, upwards = false }) {
      const turned = upwards ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : '';
      const weight = bold ? ' font-weight="bold"' : '';
      elements.push(
        `<text x="${short(x)}" y="${short(y)}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${weight}${turned}>${escapeXml(text)}</text>`,
      );
    },
    line(points, colour, strokeWidth) {
      const list = points.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
      elements.push(
        `<polyline points="${list}" fill="none" stroke="${colour}" stroke-width="${strokeWidth}" stroke-linejoin="round" stroke-linecap="round"/>`,
      );
    },
    rectangle(x, y, w, h, colour) {
      elements.push(
        `<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="${colour}"/>`,
      );
    },
    toSvg: (title) =>
      [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${fontFamily}" role="img">`,
        `<title>${escapeXml(title)}</title>`,
        ...elements,
        '</svg>\n',
      ].join('\n'),
  };
}
