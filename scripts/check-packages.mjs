// Packs every package and program as pnpm publishes it, and checks what others would get.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pnpm, root } from './bootstrap.mjs';
import { publishedPackages } from './published-packages.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run check:packages');

const repository = 'https://github.com/trinetra/inference-worker';

/** What a program says against a tarball. */
function complaints(tool, args) {
  const run = spawnSync(join(root, 'node_modules', '.bin', tool), args, { encoding: 'utf8' });
  return run.status === 0
    ? []
    : [`${tool} is not content (${run.signal ?? run.status})\n${run.stdout}${run.stderr}`];
}

/** Sources that a source map names, but that are neither in the package nor in the map. */
function lostSources(folder, map) {
  const { sources, sourcesContent } = JSON.parse(readFileSync(join(folder, map), 'utf8'));
  return sources
    .filter(
      (source, at) => !sourcesContent?.[at] && !existsSync(join(folder, dirname(map), decodeURI(source))),
    )
    .map((source) => `${map} needs ${source}, which is not in the package`);
}

/** Links of a README that lead nowhere from where it is read: the package's page, or node_modules. */
function deadLinks(folder) {
  const text = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].flatMap(([, inline, listed]) => {
    const link = inline ?? listed;
    const inRepository = new RegExp(`^${repository}/(?:tree|blob|raw)/main/([^#]+)`).exec(link)?.[1];
    if (inRepository !== undefined)
      return existsSync(join(root, inRepository)) ? [] : [`README.md links to ${link}, which does not exist`];
    if (/^(?:https?:|#)/.test(link)) return [];
    return existsSync(join(folder, link.replace(/#.*/, '')))
      ? []
      : [`README.md links to ${link}, which is not in the package: write ${repository}/blob/main/...`];
  });
}

function problemsOf(tarball, folder, manifest) {
  const files = readdirSync(folder, { recursive: true });
  const wanted = ['README.md', 'LICENSE', ...(manifest.version === '0.0.0' ? [] : ['CHANGELOG.md'])];
  return [
    ...complaints('publint', [tarball, '--strict']),
    ...(manifest.exports?.['.'] === undefined
      ? []
      : complaints('attw', [tarball, '--profile', 'esm-only', '--quiet'])),
    ...wanted.filter((name) => !files.includes(name)).map((name) => `${name} is not in the package`),
    ...files.filter((name) => name.endsWith('.map')).flatMap((map) => lostSources(folder, map)),
    ...deadLinks(folder),
  ];
}

const work = mkdtempSync(join(tmpdir(), 'trinetra-packages-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));
const filters = publishedPackages(root).flatMap(({ manifest }) => ['--filter', manifest.name]);
if (!pnpm([...filters, '-r', 'pack', '--pack-destination', work], { quiet: true })) process.exit(1);
for (const { folder, manifest } of publishedPackages(root)) {
  const problems = manifest.files.includes('CHANGELOG.md') ? [] : ['"files" lacks CHANGELOG.md'];
  if (manifest.scripts?.prepack === undefined)
    problems.push('"scripts" lacks prepack, so it may be published without a build');
  const name = `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}`;
  const unpacked = join(work, name);
  mkdirSync(unpacked);
  spawnSync('tar', ['-xzf', `${unpacked}.tgz`, '-C', unpacked, '--strip-components=1']);
  problems.push(...problemsOf(`${unpacked}.tgz`, unpacked, manifest));
  for (const problem of problems) console.error(`${folder}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
if (process.exitCode !== 1) console.log('every package is publishable');
