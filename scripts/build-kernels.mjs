// npm run kernels: compiles the WebAssembly kernels of every package that has a kernels/ folder into its
// src/kernels-wasm.ts. With --check it writes nothing, and fails if that file differs from the kernels.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as compile } from 'assemblyscript/asc';
import { root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run kernels -- [--check]', { options: ['--check'] });

const options = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  '--enable',
  'relaxed-simd',
  '--outFile',
  'kernels.wasm',
];

async function compileKernels(name) {
  const folder = `packages/${name}/kernels`;
  let wasm;
  const { error, stderr } = await compile([`${folder}/index.ts`, ...options], {
    readFile: (file, base) => {
      const path = join(base, file);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile: (_, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${folder}: ${error.message}\n${stderr}`);
  const base64 = Buffer.from(wasm).toString('base64');
  return `// Compiled from ${folder} by \`npm run kernels\`.\nexport const wasmBase64: string =\n  '${base64}';\n`;
}

const check = process.argv.includes('--check');
process.chdir(root);
for (const name of readdirSync('packages')) {
  if (!existsSync(`packages/${name}/kernels`)) continue;
  const file = `packages/${name}/src/kernels-wasm.ts`;
  const text = await compileKernels(name);
  const same = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!check) writeFileSync(file, text);
  else if (!same) process.exitCode = 1;
  console.log(`${file}: ${same ? 'as before' : check ? 'not what the kernels give' : 'written'}`);
}
