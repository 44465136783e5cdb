import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isFullRun, leastNode, newestNode, variants } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTeam, type Outcome, type Team } from '../src/consumer.ts';
import {
  binaries,
  hasExample,
  importsOf,
  installLineOf,
  libraries,
  programs,
  root,
} from '../src/packages.ts';
import { type Registry, startRegistry } from '../src/registry.ts';
import { createReleaser, publishAsItIs } from '../src/release.ts';
import { runReadmes } from '../src/run-readmes.ts';
import { measured, printTable } from '../src/sizes.ts';
import { complaintsOfCompilers } from '../src/type-check.ts';

/** One light and one heavy package in the short run. */
const light = libraries.filter(({ folder }) => folder === 'packages/micro-batch');
const heavy = libraries.filter(({ folder }) => folder === 'packages/face-aligner');
const tried = variants(
  [...light, ...heavy, ...libraries.filter((one) => ![...light, ...heavy].includes(one))],
  2,
);

/** What docs/PLATFORMS.md tells users of pnpm to write. */
function yamlOfPlatforms(): string {
  const text = readFileSync(join(root, 'docs', 'PLATFORMS.md'), 'utf8');
  return /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
}

// npm has a Node of a given version for 64-bit Linux only.
describe.skipIf(leastNode === undefined || newestNode === undefined)('what other teams install', () => {
  let work: string;
  let registry: Registry;
  let team: Team;
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'trinetra-release-check-'));
    registry = await startRegistry(join(work, 'registry'));
    team = createTeam(join(work, 'team'), registry, leastNode ?? '');
    if (!isFullRun) await publishAsItIs(join(work, 'releaser'), registry, tried);
  });
  afterAll(async () => {
    await registry?.close();
    rmSync(work, { recursive: true, force: true });
  });

  if (isFullRun)
    describe('npm run release', () => {
      const published = [...libraries, ...binaries, ...programs].map(({ manifest }) => manifest.name);
      const clone = (): string => join(work, 'clone');
      /** Runs it in a clean clone. @param npmrc Of whoever releases. */
      const release = async (npmrc: string, ...args: readonly string[]): Promise<Outcome> =>
        createReleaser(join(work, 'releaser'), npmrc).run(clone(), 'node', 'scripts/release.mjs', ...args);
      const isThere = async (name: string): Promise<boolean> => (await fetch(`${registry.url}${name}`)).ok;

      it('refuses a tree with changes that are not committed', async () => {
        const { run } = createReleaser(join(work, 'releaser'), registry.npmrc);
        expect(await run(work, 'git', 'clone', '--quiet', root, clone())).toEqual({ code: 0, text: '' });
        const file = join(clone(), 'not-committed.txt');
        writeFileSync(file, '');
        const { code, text } = await release(registry.npmrc);
        rmSync(file);
        expect(text).toMatch(/^Not released: the tree has changes that are not committed\./);
        expect(code).toBe(1);
      });

      it('with --dry-run says what it would publish and where, and does nothing', async () => {
        const { code, text } = await release(registry.npmrc, '--dry-run');
        expect(code, text).toBe(0);
        const lines = text.match(/^would publish .*$/gm)?.map((line) => line.split(' '));
        expect(lines?.map(([, , what]) => what?.replace(/@[^@]+$/, '')).sort()).toEqual(published.sort());
        for (const [, , what, , , url] of lines ?? []) {
          expect(what).not.toMatch(/@0\.0\./);
          expect(url).toBe(registry.url);
        }
        expect(await Promise.all(published.map(isThere))).not.toContain(true);
        const { run } = createReleaser(join(work, 'releaser'), registry.npmrc);
        expect(await run(clone(), 'git', 'status', '--porcelain')).toEqual({ code: 0, text: '' });
        expect(await run(clone(), 'git', 'log', '-1', '--format=%s')).toMatchObject({
          text: expect.not.stringContaining('chore(release)'),
        });
      });

      it('refuses whoever is not logged in, before it changes anything', async () => {
        const { code, text } = await release(registry.npmrcOfReaders, '--checked');
        expect(text).toContain(`Not released: nobody is logged in at ${registry.url}. Run: npm login`);
        expect(code).toBe(1);
      });

      it('publishes every package with a tag', async () => {
        const { code, text } = await release(registry.npmrc, '--checked');
        expect(code, text).toBe(0);
        expect(await Promise.all(published.map(isThere))).not.toContain(false);
        const { run } = createReleaser(join(work, 'releaser'), registry.npmrc);
        const tags = (await run(clone(), 'git', 'tag', '--points-at', 'HEAD')).text.trim().split('\n');
        expect(tags.map((tag) => tag.replace(/@[^@]+$/, '')).sort()).toEqual(published.sort());
      }, 1_200_000);

      it('refuses a release with nothing to publish', async () => {
        const { code, text } = await release(registry.npmrc, '--checked');
        expect(text).toContain('Not released: there are no changesets, and the registry has every version');
        expect(code).toBe(1);
      });
    });

  it.each(tried)(
    '$folder installs by the line of its README, type-checks, and loads from CommonJS',
    async (one) => {
      const line = installLineOf(one);
      expect(line, `${one.folder}/README.md has a line "npm install ..."`).toContain(one.manifest.name);
      const folder = team.folder(basename(one.folder));
      const startedAt = performance.now();
      const { code, text } = await team.run(
        folder,
        'npm',
        'install',
        '--cache',
        `${folder}-cache`,
        ...(line ?? []),
      );
      expect(code, text).toBe(0);
      expect(text, 'npm warns of the Node that a package wants').not.toContain('EBADENGINE');
      await measured(one.manifest.name, registry, folder, performance.now() - startedAt);
      // ONNX Runtime's own types name those of browsers.
      const hasDom = one.manifest.dependencies?.['onnxruntime-common'] !== undefined;
      expect(await complaintsOfCompilers(team, folder, importsOf(one), { hasDom })).toEqual([]);
      const required = importsOf(one).map((name) => `require(${JSON.stringify(name)})`);
      const load = await team.run(folder, 'node', '--input-type=commonjs', '--eval', required.join(';'));
      expect(load, 'CommonJS can require it').toEqual({ code: 0, text: '' });
    },
  );

  it.each(variants([['least', leastNode] as const, ['newest', newestNode] as const]))(
    'the examples of their READMEs run on the %s Node',
    async (name, node) => {
      const report = join(work, `${name}.json`);
      const runs = await runReadmes(tried.filter(hasExample), join(work, 'team'), node ?? '', report);
      expect(runs.filter(([, failure]) => failure !== undefined)).toEqual([]);
    },
  );

  if (!isFullRun) return;

  it('programs run as npm install -g leaves them', async () => {
    const folder = team.folder('programs');
    const names = programs.map(({ manifest }) => manifest.name);
    const install = await team.run(
      folder,
      'npm',
      'install',
      '-g',
      '--prefix',
      join(folder, 'prefix'),
      ...names,
    );
    expect(install.code, install.text).toBe(0);
    for (const { manifest } of programs) {
      for (const bin of Object.keys(manifest.bin ?? {})) {
        const program = join(folder, 'prefix', 'bin', bin);
        const help = await team.run(folder, program, '--help');
        expect(help.text).toMatch(new RegExp(`^Usage: ${bin} `));
        const version = await team.run(folder, program, '--version');
        expect(version.text).toMatch(/^(?!0\.0\.)\d+\.\d+\.\d+\n$/);
        expect([help.code, version.code]).toEqual([0, 0]);
      }
    }
  });

  it.each([
    ['pnpm, told of install scripts as PLATFORMS.md says', ['npx', '-y', 'pnpm@12.21.0', 'add']],
    ['yarn 1, which refuses a package for another Node', ['npx', '-y', 'yarn@1.22.22', 'add']],
    ['yarn 4', ['npx', '-y', '@yarnpkg/cli-dist@4', 'add']],
  ])('the heaviest package installs with %s', async (name, [command = '', ...args]) => {
    const folder = team.folder(name.replaceAll(/\W+/g, '-'));
    if (name.startsWith('pnpm')) writeFileSync(join(folder, 'pnpm-workspace.yaml'), yamlOfPlatforms());
    const { code, text } = await team.run(folder, command, ...args, '@trinetra/person-pipeline');
    expect(code, text).toBe(0);
    expect(readdirSync(join(folder, 'node_modules', '@trinetra'))).toContain('person-pipeline');
    const load = await team.run(
      folder,
      'node',
      '--input-type=module',
      '--eval',
      "const { loadModels } = await import('@trinetra/person-pipeline'); console.log(typeof loadModels);",
    );
    expect(load).toEqual({ code: 0, text: 'function\n' });
  });

  it('prints what each package weighs', () => {
    expect(printTable()).toBe(tried.length);
  });
});
