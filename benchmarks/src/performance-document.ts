/** The parts of docs/PERFORMANCE.md that hold figures: of the models that come with the project, and of the user's. */
export type FiguresBlock = 'demo models' | 'other models';

const begins: Readonly<Record<FiguresBlock, string>> = {
  'demo models': '<!-- figures: written by npm run bench -- --write -->',
  'other models': '<!-- figures with other models: written by npm run bench -- --models DIR --write -->',
};
const end = '<!-- end of figures -->';

/**
 * Puts figures between the markers of docs/PERFORMANCE.md.
 *
 * @throws where the markers are missing.
 */
export function replaceFigures(document: string, figures: string, block: FiguresBlock): string {
  const begin = begins[block];
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  const next = Object.values(begins).map((other) => document.indexOf(other, from + begin.length));
  // An end behind another begin is the end of that one.
  if (from < 0 || to < 0 || next.some((at) => at >= 0 && at < to))
    throw new Error(`expected docs/PERFORMANCE.md to hold "${begin}" and, after it, "${end}"`);
  return `${document.slice(0, from)}${begin}\n\n${figures}\n\n${document.slice(to)}`;
}
