// Every function, constant and class that a package exports is used outside of it, or its README names it. Types are there for those who
// call what takes or gives them; so are errors, and the defaults of options.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('node scripts/check-exports.mjs');

const isForCallers = /^[A-Z]\w*Error$|^default[A-Z]\w*$/;

/** The names in the braces of an import or export, without types: of `a as b` a. */
const namesIn = (braces) =>
  braces
    .split(',')
    .map((name) => name.trim().split(' as ')[0])
    .filter((name) => name !== '' && !name.startsWith('type '));

const inside = (folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
const folders = [...['apps', 'packages', 'tools'].flatMap(inside), 'benchmarks'];
const files = folders
  .flatMap((folder) => [`${folder}/src`, `${folder}/test`])
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`),
  )
  .filter((file) => /\.(?:ts|mjs)$/.test(file));
const used = new Set();
for (const file of files) {
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, braces, name] of text.matchAll(
    /\{([^{}]*)\}\s*(?:from|=\s*await import\()\s*'@trinetra\/([a-z-]+)/g,
  )) {
    if (!file.startsWith(`packages/${name}/`)) for (const one of namesIn(braces)) used.add(`${name}/${one}`);
  }
}

for (const folder of inside('packages').filter((one) => existsSync(join(root, one, 'src', 'index.ts')))) {
  const name = basename(folder);
  const readme = readFileSync(join(root, folder, 'README.md'), 'utf8');
  const index = readFileSync(join(root, folder, 'src', 'index.ts'), 'utf8');
  const exported = [...index.matchAll(/export \{([^}]*)\}/g)].flatMap(([, braces]) => namesIn(braces));
  const unused = exported.filter(
    (one) =>
      !used.has(`${name}/${one}`) && !isForCallers.test(one) && !new RegExp(`\\b${one}\\b`).test(readme),
  );
  if (unused.length === 0) continue;
  process.exitCode = 1;
  console.error(
    `${folder} exports what nothing outside uses and its README does not name: ${unused.join(', ')}`,
  );
}
