// Runs on Nodes far older than the programs need: use only what they know.
import { readFileSync } from 'node:fs';

/** The Node that a package.json needs. */
export interface NodeManifest {
  readonly name: string;
  /** `node` is of the form `>=22.18`. */
  readonly engines: { readonly node: string };
}

/**
 * Says in one sentence that Node `version`, such as `20.19.5`, is too old for a package.
 *
 * @returns undefined if it is not.
 * @throws TypeError if `engines.node` is not of the form `>=22.18`.
 */
export function nodeComplaint(manifest: NodeManifest, version: string): string | undefined {
  const range = manifest.engines.node;
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(range) ?? [];
  if (major === undefined || minor === undefined) {
    throw new TypeError(`Expected >=MAJOR.MINOR for engines.node but received ${range}`);
  }
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  if (ownMajor > Number(major) || (ownMajor === Number(major) && ownMinor >= Number(minor))) return undefined;
  return (
    `${manifest.name} needs Node ${major}.${minor} or later, but this is Node ${version}: ` +
    "install one from https://nodejs.org, or use the repository's npm commands, which bring one along."
  );
}

/**
 * Ends the process with exit code 1 and one sentence on stderr where its Node is older than a package.json
 * allows.
 */
export function requireNode(manifest: URL): void {
  const complaint = nodeComplaint(JSON.parse(readFileSync(manifest, 'utf8')), process.versions.node);
  if (complaint === undefined) return;
  process.stderr.write(`${complaint}\n`);
  process.exit(1);
}
