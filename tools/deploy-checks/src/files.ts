import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A path of the repository. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

export function readText(path: string): string {
  return readFileSync(inRepository(path), 'utf8');
}

/**
 * The documents of a YAML text. Aliases and `<<` are resolved.
 *
 * @throws if it is not valid, has a key twice, or anything that the parser warns of.
 */
export function parseYaml(text: string, path: string): unknown[] {
  return parseAllDocuments(text, { merge: true, uniqueKeys: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new Error(`${path}: ${problem.message}`);
    return document.toJS();
  });
}

/** The one document of a YAML file of the repository. */
export function readYaml(path: string): unknown {
  const documents = parseYaml(readText(path), path);
  if (documents.length !== 1) throw new Error(`${path}: expected one document but found ${documents.length}`);
  return documents[0];
}

/** What lies at `keys` in nested objects and lists; undefined if there is nothing. */
export function at(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}

/** The list at `keys`; empty if there is none. */
export function listAt(value: unknown, ...keys: readonly (string | number)[]): unknown[] {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
}

/** Every value of a key `name`, at any depth. */
export function everywhere(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    ...(key === name ? [child] : []),
    ...everywhere(child, name),
  ]);
}
