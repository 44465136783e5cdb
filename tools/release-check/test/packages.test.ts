import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasExample, installLineOf, libraries, root } from '../src/packages.ts';

describe('READMEs of packages', () => {
  it.each(libraries)('$folder: the install line names all that the first example imports', (one) => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(one.readme) ?? [];
    const imported = [...example.matchAll(/ from '(?!node:)((?:@[\w-]+\/)?[\w-]+)/g)].map(([, name]) => name);
    if (hasExample(one)) expect(imported).toContain(one.manifest.name);
    expect(installLineOf(one)).toEqual(expect.arrayContaining([one.manifest.name, ...imported]));
  });
});

describe('packing a package', () => {
  it('by npm is refused, with what to do', () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--dry-run'], {
      cwd: join(root, 'packages/micro-batch'),
      env, // npm believes a variable of the pnpm that runs these tests
      encoding: 'utf8',
    });
    expect(stdout + stderr).toMatch(
      /Only pnpm packs and publishes here, .*: use npx -y pnpm@\S+ pack, or npm run release/,
    );
    expect(status).not.toBe(0);
  });
});
