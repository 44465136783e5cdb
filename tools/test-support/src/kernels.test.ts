import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it('finds in every package the WebAssembly that its kernels/ gives when compiled anew', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build-kernels.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  const names = readdirSync(`${root}packages`).filter((name) =>
    existsSync(`${root}packages/${name}/kernels`),
  );
  const checked = names.map((name) => `packages/${name}/src/kernels-wasm.ts: as before\n`);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: checked.join(''), stderr: '' });
  expect(names).toContain('face-geometry');
});
