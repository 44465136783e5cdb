// Runs before a package is packed or published, in its folder: takes what it publishes out of the installed
// onnxruntime-node, so that no binary lies in git. For @trinetra/onnxruntime-cpu that is the JavaScript, with one
// line changed; for the package of a platform its binding and library.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, 'node_modules', 'onnxruntime-node');
const target = process.cwd();
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Where onnxruntime-node loads its binding from, and where we do. */
const theirs = `../bin/napi-v6/\${process.platform}/\${process.arch}/onnxruntime_binding.node`;
const ours = `@trinetra/onnxruntime-cpu-\${process.platform}-\${process.arch}/onnxruntime_binding.node`;

/** What runs on a CPU: DirectML.dll, dxcompiler.dll and dxil.dll are for GPUs. */
const needed = /^(?:onnxruntime_binding\.node|(?:lib)?onnxruntime(?:\.so\.1|\.1\.dylib|\.dll))$/;

function takeScripts() {
  const dist = join(target, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const name of readdirSync(join(source, 'dist')).filter((one) => /\.(?:js|d\.ts)$/.test(one))) {
    const text = readFileSync(join(source, 'dist', name), 'utf8').replace(
      /\n\/\/# sourceMappingURL=.*$/,
      '\n',
    );
    if (name === 'binding.js' && !text.includes(theirs)) {
      throw new Error(`expected ${name} of onnxruntime-node to load ${theirs}`);
    }
    writeFileSync(join(dist, name), text.replace(theirs, ours));
  }
}

function takeBinaries(platform) {
  const from = join(source, 'bin', 'napi-v6', ...platform.split('-'));
  const names = readdirSync(from).filter((name) => needed.test(name));
  if (names.length !== 2) throw new Error(`expected a binding and a library in ${from}, found ${names}`);
  for (const name of names) copyFileSync(join(from, name), join(target, name));
  for (const name of ['LICENSE', 'ThirdPartyNotices.txt']) copyFileSync(join(here, name), join(target, name));
  writeFileSync(
    join(target, 'README.md'),
    `# ${name}\n\nThe binaries of @trinetra/onnxruntime-cpu for ${platform}: install that package.\n`,
  );
}

const { name } = readJson(join(target, 'package.json'));
const { version } = readJson(join(source, 'package.json'));
const wanted = readJson(join(here, 'package.json')).dependencies['onnxruntime-common'];
if (version !== wanted)
  throw new Error(`expected onnxruntime-node ${wanted}, found ${version}: run pnpm install`);
if (name === '@trinetra/onnxruntime-cpu') takeScripts();
else takeBinaries(basename(target));
