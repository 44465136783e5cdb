// npm run notice: writes NOTICE, the licences of what the programs bring along. With --check it writes nothing,
// and fails if that file differs from the lockfile. The packages of this machine's platform stand for those of
// every platform.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpmOutput, root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run notice -- [--check]', { options: ['--check'] });

const file = join(root, 'NOTICE');
const store = join(root, 'node_modules', '.pnpm');
const platform =
  /-(?:linux|linuxmusl|darwin|win32|freebsd)-(?:x64|arm64|arm|ia32|ppc64|s390x|riscv64|loong64)(?:-gnu|-musl|-msvc|-gnueabihf)?$/;

function shippedPackages() {
  const sbom = ['sbom', '--sbom-format', 'cyclonedx', '--prod', '--filter', './apps/*'];
  const { status, stdout, stderr } = pnpmOutput(sbom);
  if (status !== 0) throw new Error(`pnpm sbom ended with ${status}: ${stderr}`);
  const folders = readdirSync(store);
  return JSON.parse(stdout)
    .components.filter(({ group }) => group !== '@trinetra')
    .map(({ group, name, version, licenses = [] }) => {
      const fullName = group === undefined ? name : `${group}/${name}`;
      const prefix = `${fullName.replace('/', '+')}@${version}`;
      const folder = folders.find(
        (one) => one === prefix || one.startsWith(`${prefix}_`) || one.startsWith(`${prefix}(`),
      );
      const files = folder === undefined ? [] : readdirSync(join(store, folder, 'node_modules', fullName));
      return {
        name: fullName.replace(platform, '-<platform>'),
        version,
        licence: licenses
          .map(({ license, expression }) => expression ?? license.id ?? license.name)
          .join(' AND '),
        hasText: files.some((one) => /^(licen[cs]e|copying)/i.test(one)),
      };
    });
}

function noticeOf(packages) {
  const rows = packages.map(({ name, version, licence, hasText }) => [
    `${name} ${version}`,
    `${licence || 'see its package.json'}${hasText ? '' : ' *'}`,
  ]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const unique = new Set(rows.map(([name, licence]) => `${name.padEnd(width)}  ${licence}`));
  return `TRINETRA inference worker
Licensed under the Apache License, Version 2.0 (see LICENSE).

Written by \`npm run notice\`: do not edit.

The programs of this repository, and the images made of them, bring the packages below, each under its own licence. Its text lies in
the folder of the package in node_modules. Where a package brings no text (*), the one of the SPDX list applies:
https://spdx.org/licenses/. The published @trinetra packages contain none of these but for ONNX Runtime; npm installs them beside.
Their WebAssembly was compiled with AssemblyScript, whose runtime is under the Apache License, Version 2.0.

@img/sharp-libvips-<platform> holds libvips as a shared library, with libraries that it needs, some of them under the LGPL 3.0 or later
(fribidi, glib, libexif, libheif, librsvg, libvips, pango, proxy-libintl; the README.md of that package names all). sharp loads it at
run time, unmodified, and another build may take its place. Sources: https://github.com/lovell/sharp-libvips.

onnxruntime-node, @trinetra/onnxruntime-cpu and its packages of binaries hold ONNX Runtime, Copyright (c) Microsoft Corporation, under
the MIT licence, with the notices of packages/onnxruntime-cpu/ThirdPartyNotices.txt, which the packages of binaries hold, too.

The image for CUDA is made of NVIDIA's, under the NVIDIA Deep Learning Container License; both images hold Debian's or Ubuntu's
packages, whose licences lie in /usr/share/doc, and Node.js (https://github.com/nodejs/node/blob/main/LICENSE).

${[...unique].toSorted().join('\n')}
`;
}

const text = noticeOf(shippedPackages());
const same = existsSync(file) && readFileSync(file, 'utf8') === text;
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!same) process.exitCode = 1;
console.log(
  `NOTICE: ${same ? 'as before' : process.exitCode === 1 ? 'not what the lockfile gives, run npm run notice' : 'written'}`,
);
