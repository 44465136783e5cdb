const begin = '<!-- figures: written by npm run test:faults -- --write -->';
const end = '<!-- end of figures -->';

const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/**
 * The rows that fault tests reported, as a table in Markdown. A figure that a test does not count is a dash.
 *
 * @param rows `{ fault, injected, frames?, lost?, duplicates?, recoveredMs? }`; lost is 0 where it is missing beside frames.
 */
export function faultTable(rows) {
  const lines = rows.map(({ fault, injected, frames, lost = 0, duplicates, recoveredMs }) => [
    fault,
    injected,
    frames === undefined ? '-' : `${lost} of ${frames}`,
    duplicates ?? '-',
    recoveredMs === undefined ? '-' : time(recoveredMs),
  ]);
  return [['fault', 'injected', 'lost', 'duplicates', 'recovered in'], Array(5).fill('---'), ...lines]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** A document with another table between its marks. @throws where it has no marks. */
export function withTable(text, table, date) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected docs/RELIABILITY.md to hold "${begin}" and "${end}"`);
  return `${text.slice(0, from)}${begin}\n\nRun of ${date}.\n\n${table}\n\n${text.slice(to)}`;
}
