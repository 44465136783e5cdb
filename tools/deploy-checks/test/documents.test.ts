import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRepository, readText } from '../src/files.ts';

const documents = ['README.md', 'deploy/README.md', 'docs/DEPLOY.md', 'docs/TROUBLESHOOTING.md'];

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
