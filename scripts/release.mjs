// npm run release: checks, sets the versions that the changesets ask for, builds, publishes with pnpm and tags. It pushes nothing.
// With --dry-run it says what it would publish, and where. With --checked the caller has run `npm run check` on this tree.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, pnpm, pnpmOutput, root } from './bootstrap.mjs';
import { publishedPackages } from './published-packages.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run release [-- --dry-run] [--checked]', { options: ['--dry-run', '--checked'] });
const isDryRun = process.argv.includes('--dry-run');
const work = mkdtempSync(join(tmpdir(), 'trinetra-release-'));
process.once('exit', () => rmSync(work, { recursive: true, force: true }));

function refuse(sentence) {
  process.stderr.write(`Not released: ${sentence}\n`);
  process.exit(1);
}

function must(ok, sentence) {
  if (!ok) refuse(sentence);
}

function git(args, cwd = root) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, encoding: 'utf8' });
  must(status === 0, `git ${args[0]} failed: ${stderr?.trim()}`);
  return stdout.trim();
}

/** Runs changesets in a folder; its output is shown where it fails. */
function changeset(args, cwd) {
  const run = ['--dir', cwd, 'exec', join(root, 'node_modules', '.bin', 'changeset'), ...args];
  const { status, stdout, stderr } = pnpmOutput(run);
  must(status === 0, `changeset ${args[0]} failed:\n${stdout}${stderr}`);
}

const hasChangesets = (cwd) =>
  git(['ls-files', '--', '.changeset/*.md', ':!.changeset/README.md'], cwd) !== '';

/** Where pnpm publishes what names no registry itself. */
function configuredRegistry() {
  for (const key of ['@trinetra:registry', 'registry']) {
    const { status, stdout } = pnpmOutput(['config', 'get', key]);
    const value = stdout.trim();
    if (status === 0 && /^https?:/.test(value)) return value;
  }
  return refuse('pnpm names no registry: set one as registry= in .npmrc, or in publishConfig.');
}

/** What the registries lack of a folder's packages, in the order in which it is published. */
function missingFrom(cwd) {
  const file = join(work, 'plan.json');
  changeset(['publish-plan', '--output', file], cwd);
  const own = publishedPackages(cwd).map(({ manifest }) => [manifest.name, manifest.publishConfig?.registry]);
  const registries = new Map(own);
  const configured = configuredRegistry();
  return JSON.parse(readFileSync(file, 'utf8'))
    .plan.flat()
    .map((release) => ({ ...release, registry: registries.get(release.name) ?? configured }));
}

/** Whoever publishes from CI with OIDC needs no login before. */
function requireLogin(registries) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: github, NPM_ID_TOKEN: others } = process.env;
  if ((github ?? others) !== undefined) return;
  for (const registry of registries) {
    const { status } = pnpmOutput(['whoami', '--registry', registry]);
    must(status === 0, `nobody is logged in at ${registry}. Run: npm login --registry ${registry}`);
  }
}

must(
  git(['status', '--porcelain']) === '',
  'the tree has changes that are not committed. Commit or stash them (git status), so that the tags name what was published.',
);
must(pnpm(['install', '--frozen-lockfile'], { quiet: true, alone: true }), 'installing failed, see above.');

// The versions to come, seen in a copy: the tree changes only once everything is known to be in order.
const copy = join(work, 'copy');
git(['clone', '--quiet', '--no-hardlinks', root, copy]);
const isVersioned = hasChangesets(copy);
if (isVersioned) changeset(['version'], copy);
const releases = missingFrom(copy);
must(
  releases.length > 0,
  'there are no changesets, and the registry has every version already. Describe what changed with: npx pnpm changeset',
);
const tooEarly = releases.filter(({ version }) => version.startsWith('0.0.'));
must(
  tooEarly.length === 0,
  `${tooEarly.map(({ name }) => name).join(', ')} would be published below 0.1.0. Add a changeset with minor: npx pnpm changeset`,
);
const registries = new Set(releases.map(({ registry }) => registry));

for (const { name, version, tag, registry } of releases)
  console.log(`${isDryRun ? 'would publish' : 'to publish'} ${name}@${version} (${tag}) to ${registry}`);
if (isDryRun) {
  console.log(`${releases.length} packages, each with the git tag NAME@VERSION. Nothing was changed.`);
  process.exit(0);
}

requireLogin(registries);
must(process.argv.includes('--checked') || pnpm(['run', 'check']), 'npm run check failed, see above.');
if (isVersioned) {
  changeset(['version'], root);
  git(['add', '--all']);
  git(['commit', '--quiet', '--message', 'chore(release): version packages']);
}
// Once for all: packages are published side by side, and each would build what it shares with others.
must(bootstrap(), 'building failed, see above.');
must(
  pnpm(['exec', 'changeset', 'publish']),
  'not every package was published, see above. Run npm run release again: it publishes what is missing.',
);
console.log('Published and tagged. Now push the commit and its tags: git push --follow-tags');
