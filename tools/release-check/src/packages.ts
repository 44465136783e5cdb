import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

/** The part of a package.json that this reads. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly engines?: { readonly node: string };
}

/** A package that others install. */
export interface Published {
  /** From the root of the repository, as `packages/detector`. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly readme: string;
}

function published(group: string): Published[] {
  const names = existsSync(join(root, group)) ? readdirSync(join(root, group)) : [];
  return names.flatMap((name) => {
    const folder = `${group}/${name}`;
    const manifest: Manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const page = join(root, folder, 'README.md');
    const readme = existsSync(page) ? readFileSync(page, 'utf8') : ''; // of binaries: made when they are packed
    return manifest.private === true ? [] : [{ folder, manifest, readme }];
  });
}

/** Packages for imports. */
export const libraries: readonly Published[] = published('packages');

/** Packages of binaries, which npm chooses by the platform. */
export const binaries: readonly Published[] = libraries.flatMap(({ folder }) =>
  published(`${folder}/platforms`),
);

/** Packages with commands. */
export const programs: readonly Published[] = published('apps');

/** What the first install line of a README installs; undefined where there is none. */
export function installLineOf({ readme }: Published): string[] | undefined {
  const [, names] = /^(?: {4})?npm install ((?:@?[\w./@-]+ ?)+)$/m.exec(readme) ?? [];
  return names?.trim().split(' ');
}

/** Whether its README begins with an example, which `readme.test.ts` runs. */
export function hasExample({ readme }: Published): boolean {
  return readme.includes('```ts\n');
}

/** Every name by which a package is imported: `@trinetra/person-pipeline/settings` and so on. */
export function importsOf({ manifest }: Published): string[] {
  return Object.keys(manifest.exports ?? { '.': {} })
    .filter((path) => path !== './package.json' && path !== './thread') // the file of a thread exports nothing
    .map((path) => manifest.name + path.slice(1));
}
