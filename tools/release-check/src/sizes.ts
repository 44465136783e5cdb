import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Registry } from './registry.ts';

interface Size {
  readonly name: string;
  readonly tarballKb: number;
  readonly installedMb: number;
  readonly seconds: number;
}

const sizes: Size[] = [];

interface Packument {
  readonly 'dist-tags': { readonly latest: string };
  readonly versions: Readonly<Record<string, { readonly dist: { readonly tarball: string } }>>;
}

/** Keeps what a package weighs, as it was just installed into an empty folder. */
export async function measured(name: string, { url }: Registry, folder: string, ms: number): Promise<void> {
  const packument: Packument = JSON.parse(await (await fetch(`${url}${name}`)).text());
  const tarball = packument.versions[packument['dist-tags'].latest]?.dist.tarball ?? '';
  const bytes = (await (await fetch(tarball)).arrayBuffer()).byteLength;
  const used = spawnSync('du', ['-sk', join(folder, 'node_modules')], { encoding: 'utf8' }).stdout;
  sizes.push({
    name,
    tarballKb: bytes / 1024,
    installedMb: Number(used.split('\t')[0]) / 1024,
    seconds: ms / 1000,
  });
}

/** Prints a row for each package. @returns their number. */
export function printTable(): number {
  const rows = sizes.map(
    ({ name, tarballKb, installedMb, seconds }) =>
      `| \`${name}\` | ${tarballKb.toFixed(0)} | ${installedMb.toFixed(0)} | ${seconds.toFixed(1)} |`,
  );
  const head = '| package | tarball KB | installed MB | install s |\n| --- | --- | --- | --- |';
  process.stdout.write(`${[head, ...rows].join('\n')}\n`);
  return rows.length;
}
