import { existsSync } from 'node:fs';

/**
 * The file of a worker thread beside the module that starts it: `NAME.ts` beside sources, else `NAME.js`.
 *
 * @param moduleUrl `import.meta.url` of the module; undefined where a bundler made CommonJS of it.
 * @returns Null where there is none, as beside a bundle that was made without the thread.
 */
export function threadFile(moduleUrl: string | undefined, name: string): URL | null {
  if (moduleUrl === undefined) return null;
  const file = new URL(`./${name}${moduleUrl.endsWith('.ts') ? '.ts' : '.js'}`, moduleUrl);
  return file.protocol !== 'file:' || existsSync(file) ? file : null;
}
