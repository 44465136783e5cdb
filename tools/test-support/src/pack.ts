import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Packs packages of this repository as pnpm publishes them.
 *
 * @param filters Of pnpm, such as `--filter=@trinetra/contracts`.
 * @param folder For the tarballs.
 * @returns Their files by the names of the packages.
 */
export async function packPackages(
  filters: readonly string[],
  folder: string,
): Promise<Record<string, string>> {
  const { packageManager }: { readonly packageManager: string } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  await mkdir(folder, { recursive: true });
  const pack = ['-r', 'pack', '--pack-destination', folder];
  await run('npx', ['-y', packageManager, ...filters, ...pack], { cwd: root });
  const tarballs: Record<string, string> = {};
  for (const file of await readdir(folder)) {
    const [, name] = /^trinetra-(.+)-\d+\.\d+\.\d+.*\.tgz$/.exec(file) ?? [];
    if (name !== undefined) tarballs[`@trinetra/${name}`] = join(folder, file);
  }
  return tarballs;
}
