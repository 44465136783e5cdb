import { readFileSync } from 'node:fs';

/** The version that a package.json tells. */
export function versionOf(manifest: URL): string {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return version;
}
