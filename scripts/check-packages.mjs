// Packs every published library and checks what a consumer would get. With --install it installs the programs too, as
// `npm install -g` does (600 MB), and runs each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pnpm, root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run check:packages [-- --install]', { options: ['--install'] });

const bin = (name) => join(root, 'node_modules', '.bin', name);
let failed = false;
for (const name of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', name);
  for (const [tool, ...args] of [
    ['publint', '--strict', '--pack', 'npm'],
    ['attw', '--pack', '.', '--profile', 'esm-only', '--quiet'],
  ]) {
    const { status, signal, stdout, stderr } = spawnSync(bin(tool), args, { cwd, encoding: 'utf8' });
    if (status === 0) continue;
    failed = true;
    console.error(`${name}: ${tool} is not content (${signal ?? status})\n${stdout}${stderr}`);
  }
}

/** Installs all packages and programs from their tarballs and runs each program; gives what went wrong. */
function checkInstalled(folder) {
  const binaries = `@trinetra/onnxruntime-cpu-${process.platform}-${process.arch}`;
  const filters = ['./packages/*', binaries, './apps/*'].flatMap((name) => ['--filter', name]);
  if (!pnpm([...filters, '-r', 'pack', '--pack-destination', folder], { quiet: true }))
    return ['packing failed'];
  const tarballs = readdirSync(folder).map((name) => join(folder, name));
  // The Node that the programs need, before the one that runs this.
  const env = {
    ...process.env,
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  };
  const options = { cwd: folder, env, encoding: 'utf8' };
  const prefix = join(folder, 'prefix');
  const npm = ['install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', ...tarballs];
  const { status, stderr } = spawnSync('npm', npm, options);
  if (status !== 0) return [`npm install -g failed:\n${stderr}`];
  return readdirSync(join(root, 'apps')).flatMap((app) => {
    const { bin } = JSON.parse(readFileSync(join(root, 'apps', app, 'package.json'), 'utf8'));
    return Object.keys(bin).flatMap((name) => {
      const result = spawnSync(join(prefix, 'bin', name), ['--help'], options);
      const isWell =
        result.status === 0 && result.stderr === '' && result.stdout.startsWith(`Usage: ${name} `);
      return isWell
        ? []
        : [`${name} --help: exit code ${result.status}\n${result.stderr}${result.error ?? ''}`];
    });
  });
}

if (process.argv.includes('--install')) {
  const folder = mkdtempSync(join(tmpdir(), 'trinetra-packages-'));
  const problems = checkInstalled(folder);
  rmSync(folder, { recursive: true, force: true });
  for (const problem of problems) console.error(problem);
  failed ||= problems.length > 0;
}
if (failed) process.exit(1);
console.log('every package is publishable');
