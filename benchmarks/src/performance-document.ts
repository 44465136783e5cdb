const begin = '<!-- figures: written by npm run bench -- --write -->';
const end = '<!-- end of figures -->';

/**
 * Puts figures between the markers of docs/PERFORMANCE.md.
 *
 * @throws where the markers are missing.
 */
export function replaceFigures(document: string, figures: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected docs/PERFORMANCE.md to hold "${begin}" and "${end}"`);
  return `${document.slice(0, from)}${begin}\n\n${figures}\n\n${document.slice(to)}`;
}
