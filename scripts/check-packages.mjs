// Packs every published library and checks what a consumer would get.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run check:packages');

const bin = (name) => join(root, 'node_modules', '.bin', name);
let failed = false;
for (const name of readdirSync(join(root, 'packages'))) {
  const cwd = join(root, 'packages', name);
  for (const [tool, ...args] of [
    ['publint', '--strict', '--pack', 'npm'],
    ['attw', '--pack', '.', '--profile', 'esm-only', '--quiet'],
  ]) {
    const { status, stdout, stderr } = spawnSync(bin(tool), args, { cwd, encoding: 'utf8' });
    if (status === 0) continue;
    failed = true;
    console.error(`${name}: ${tool} is not content\n${stdout}${stderr}`);
  }
}
if (failed) process.exit(1);
console.log('every package is publishable');
