import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRepository, readText } from '../src/files.ts';

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'deploy/README.md',
  'docs/COMPATIBILITY.md',
  'docs/DEPLOY.md',
  'docs/PLATFORMS.md',
  'docs/RELEASING.md',
  'docs/SECURITY.md',
  'docs/SETTINGS.md',
  'docs/TROUBLESHOOTING.md',
  'docs/TRACING.md',
  'docs/decisions/kafkajs.md',
];

/** Anchors of a document's headings, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe('links between the documents', () => {
  it.each(documents)('lead somewhere: %s', (document) => {
    const links = [...readText(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links.filter((one) => !/^[a-z]+:/.test(one))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      expect(existsSync(inRepository(target)), link).toBe(true);
      const page = target.endsWith('.md') ? target : join(target, 'README.md');
      if (anchor !== undefined) expect(anchorsOf(readText(page)), link).toContain(anchor);
    }
  });
});

describe('commands in the documents', () => {
  const pages = globSync(
    ['*.md', 'docs/*.md', 'deploy/*.md', '{apps,packages,tools}/*/README.md', '.github/workflows/*.yml'],
    {
      cwd: inRepository(''),
    },
  );
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Readonly<Record<string, string>> };

  it.each(pages)('start programs in ways that work on Node 20, too: %s', (page) => {
    const text = readText(page);
    for (const [, name = ''] of text.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)) {
      expect(Object.keys(scripts)).toContain(name);
    }
    expect(text).not.toMatch(/(^|[\s`])node \S*\bdist\//m);
  });
});
