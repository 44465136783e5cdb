/** What one process exposes, and the labels that tell its series from those of the others. */
export interface Exposition {
  readonly labels: Readonly<Record<string, string>>;
  /** Prometheus text, version 0.0.4. */
  readonly text: string;
}

interface Family {
  readonly comments: Map<string, string>;
  readonly samples: string[];
}

/** What names of samples have beyond the name of their metric. */
const suffixes: readonly string[] = ['', '_bucket', '_sum', '_count'];

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** Adds labels to one sample line; a label of the same name becomes `exported_NAME`, as Prometheus calls it. */
function labelled(line: string, labels: Exposition['labels']): string {
  const added = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  if (added.length === 0) return line;
  const open = line.indexOf('{');
  if (open < 0) return line.replace(' ', `{${added.join(',')}} `);
  const close = line.lastIndexOf('}');
  const own = line
    .slice(open + 1, close)
    .replace(/([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g, (pair, name: string) =>
      Object.hasOwn(labels, name) ? `exported_${pair}` : pair,
    );
  return `${line.slice(0, open + 1)}${[...added, own].filter(Boolean).join(',')}${line.slice(close)}`;
}

/**
 * Puts what several processes expose into one text: each metric once, with its help and kind from the first that has it
 * and the samples of all below, as the format demands.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @example
 * mergeExpositions([{ labels: { gpu: '0' }, text: 'frames_total 3\n' }]); // 'frames_total{gpu="0"} 3\n'
 */
export function mergeExpositions(expositions: readonly Exposition[]): string {
  const families = new Map<string, Family>();
  const familyOf = (name: string): Family => {
    const family = families.get(name) ?? { comments: new Map(), samples: [] };
    families.set(name, family);
    return family;
  };
  for (const { labels, text } of expositions) {
    let current = '';
    for (const line of text.split('\n')) {
      const comment = /^# (HELP|TYPE) (\S+)/.exec(line);
      if (comment !== null) {
        const [, keyword = '', name = ''] = comment;
        current = name;
        const { comments } = familyOf(name);
        if (!comments.has(keyword)) comments.set(keyword, line);
      } else if (line !== '' && !line.startsWith('#')) {
        const name = /^[^\s{]+/.exec(line)?.[0] ?? '';
        const isOfCurrent = name.startsWith(current) && suffixes.includes(name.slice(current.length));
        familyOf(isOfCurrent ? current : name).samples.push(labelled(line, labels));
      }
    }
  }
  const lines = [...families.values()].flatMap(({ comments, samples }) => [...comments.values(), ...samples]);
  return lines.map((line) => `${line}\n`).join('');
}
