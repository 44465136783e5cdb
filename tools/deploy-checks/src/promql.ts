/** What a query asks for, as far as names go. */
export interface QueryNames {
  /** Label names asked for, by metric: those in its braces. */
  readonly metrics: ReadonlyMap<string, ReadonlySet<string>>;
  /** Labels of `by (...)`, `on (...)` and the like. */
  readonly grouping: ReadonlySet<string>;
}

/** Reads the names out of a PromQL query. It does not check its grammar: promtool does. */
export function namesOf(query: string): QueryNames {
  const text = query.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const grouping = new Set<string>();
  const listed = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
  for (const [, list = ''] of text.matchAll(listed)) {
    for (const label of list.split(',')) if (label.trim() !== '') grouping.add(label.trim());
  }
  const metrics = new Map<string, Set<string>>();
  const named = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?/g;
  const rest = text.replace(listed, '').replace(/\[[^\]]*\]/g, '');
  for (const match of rest.matchAll(named)) {
    const [whole, name = '', braces] = match;
    if (rest[match.index + whole.length] === '(' || operators.has(name)) continue;
    if (/[\w.$]/.test(rest[match.index - 1] ?? ' ')) continue;
    const labels = metrics.get(name) ?? new Set<string>();
    for (const [, label = ''] of (braces ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) labels.add(label);
    metrics.set(name, labels);
  }
  return { metrics, grouping };
}

const operators = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'by', 'on', 'without']);
