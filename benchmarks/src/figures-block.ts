/**
 * Blocks of figures in the documents: of the project's models, of the user's models, and of ways to send
 * frames.
 */
export type FiguresBlock = 'demo models' | 'other models' | 'ingestor';

interface Place {
  /** In docs/. */
  readonly document: string;
  readonly begin: string;
}

/** Place of each block. */
export const places: Readonly<Record<FiguresBlock, Place>> = {
  'demo models': {
    document: 'PERFORMANCE.md',
    begin: '<!-- figures: written by npm run bench -- --write -->',
  },
  'other models': {
    document: 'PERFORMANCE.md',
    begin: '<!-- figures with other models: written by npm run bench -- --models DIR --write -->',
  },
  ingestor: {
    document: 'INGESTOR.md',
    begin: '<!-- figures: written by npm run bench -- ingestor --models DIR --frames DIR --write -->',
  },
};
const end = '<!-- end of figures -->';

/**
 * Puts figures between the markers of a block.
 *
 * @param text Of the document that holds the block.
 * @throws if the markers are missing.
 */
export function replaceFigures(text: string, figures: string, block: FiguresBlock): string {
  const { document, begin } = places[block];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  const next = Object.values(places).map((other) => text.indexOf(other.begin, from + begin.length));
  // An end after another begin belongs to that one.
  if (from < 0 || to < 0 || next.some((at) => at >= 0 && at < to))
    throw new Error(`expected docs/${document} to hold "${begin}" and, after it, "${end}"`);
  return `${text.slice(0, from)}${begin}\n\n${figures}\n\n${text.slice(to)}`;
}
