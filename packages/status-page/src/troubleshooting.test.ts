import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { troubleshooting } from './troubleshooting.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it('points to headings that are there, in the repository that the package names', async () => {
  const { repository } = JSON.parse(await read('../package.json'));
  const base = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const headings = [...(await read('../../../docs/TROUBLESHOOTING.md')).matchAll(/^## (.*)$/gm)].map(
    ([, title]) => title?.replaceAll('`', ''),
  );
  for (const { heading, url } of Object.values(troubleshooting)) {
    expect(headings).toContain(heading);
    expect(url).toMatch(/#[a-z0-9-]+$/);
    expect(url.startsWith(`${base}/blob/main/docs/TROUBLESHOOTING.md#`)).toBe(true);
  }
  expect(troubleshooting.redis.url.split('#')[1]).toBe('it-runs-and-ready-says-503');
});
